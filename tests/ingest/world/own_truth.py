"""What is true of a file of a shop's own making."""

from collections import Counter
from datetime import timedelta

from tests.ingest.world.expected import Expected, ExpectedOrder, ExpectedRefund
from tests.ingest.world.faults import Fault
from tests.ingest.world.own_file import Group
from tests.ingest.world.own_plan import Plan
from tests.ingest.world.people import ORDER_FORMS
from tests.ingest.world.truth import Order


def expected_of(
    plan: Plan, groups: list[Group], fault: Fault | None, spoiled: frozenset[str]
) -> Expected:
    """Return what an import has to hold.

    Args:
        plan: How the file was written.
        groups: Its rows.
        fault: What is wrong in it, if anything.
        spoiled: Numbers of the orders that the fault is in.
    """
    habits = plan.habits
    orders: dict[str, ExpectedOrder] = {}
    optional, left_out, refunds, faulty = set(), {}, [], {}
    reasons = {"cancelled": "cancelled", "unpaid": "unpaid", "test": "test"}
    for group in groups:
        order = group.order
        number = ORDER_FORMS[habits.order_form](order.number)[1]
        if group.number != ORDER_FORMS[habits.order_form](order.number)[0]:
            continue
        if fault and group.number in spoiled:
            faulty[number] = fault.reason
            continue
        if order.state != "paid":
            left_out[number] = reasons[order.state]
            continue
        dated = habits.back in ("column dated", "packed", "rows", "credit notes", "file")
        loose = habits.back == "in order" and bool(order.refunds)
        gross = order.revenue - (0 if dated or loose else order.refunded)
        orders[number] = ExpectedOrder(
            order.customer,
            order.at if habits.time_apart else plan.dates.kept(order.at),
            gross,
            None if loose or habits.shape == "order rows" else _lines(order, plan),
            order.revenue - order.refunded if loose else None,
        )
        if order.revenue - order.refunded <= 0:
            optional.add(number)
        if dated:
            tied = number if habits.back in ("column dated", "packed", "file") else ""
            refunds += _refunds(order, plan, tied)
    names = None
    if habits.shape == "line rows" and habits.names:
        lines = [line for order in (group.order for group in groups) for line in order.lines]
        names = {line.code: _as_read(line.name, plan) for line in lines if line.code}
    return Expected(
        orders=orders,
        optional=frozenset(optional),
        left_out=left_out,
        faulty=faulty,
        refunds=tuple(refunds),
        names=names,
        out_money=_out_money([group.order for group in groups]),
        tolerance=timedelta(seconds=2 if "serial" in _notations_of(plan) else 0),
        extra_rows=bool(plan.container.total) + bool(plan.container.footer),
    )


def _notations_of(plan: Plan) -> set[str]:
    return {plan.dates.name} | ({plan.other.dates.name} if plan.other else set())


def _as_read(name: str, plan: Plan) -> str:
    """Return a name as its bytes say it: Windows writes and reads the wave dash in its own way."""
    if plan.container.kind != "csv":
        return name
    return name.encode(plan.container.encoding).decode(plan.container.encoding)


def _out_money(orders: list[Order]) -> float:
    """Return the share of money that does not count: unpaid, cancelled, or paid back in full."""
    out = [
        order.total for order in orders if order.state != "paid" or order.refunded >= order.revenue
    ]
    return sum(out) / sum(order.total for order in orders)


def _refunds(order: Order, plan: Plan, number: str) -> list[ExpectedRefund]:
    if plan.habits.back == "column dated" and order.refunds:
        return [ExpectedRefund(order.customer, order.refunds[0].at, order.refunded, number)]
    return [
        ExpectedRefund(order.customer, refund.at, refund.amount, number) for refund in order.refunds
    ]


def _lines(order: Order, plan: Plan) -> Counter:
    return Counter(
        (line.code or line.name, line.quantity, line.amount)
        for line in order.lines
        if line.kind == "goods" and line.quantity
    )
