"""Judges an import by what is true of the world: whole, set aside, refused, or wrong."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from tests.ingest.world.command import Imported, Run
from tests.ingest.world.expected import Expected
from tests.ingest.world.world import World

Outcome = Literal["whole", "set aside", "refused", "WRONG"]
# Rows that stand there again, and are none that anything is lost with.
_REPEATED = r"again later|duplicate of an earlier row"
_ALARM = 12
_REFUSALS = (2, 3, _ALARM)


class Verdict(NamedTuple):
    """What a run was, and why."""

    outcome: Outcome
    why: str = ""


def judge(world: World, run: Run) -> Verdict:
    """Judge a run of the command on a world's files."""
    if run.crashed or run.exit_code not in (0, *_REFUSALS):
        return Verdict("WRONG", f"exit code {run.exit_code}: {run.crashed or run.said}")
    if run.exit_code:
        return _judge_refusal(world, run)
    if world.must:
        reasons = ", ".join(world.must)
        return Verdict("WRONG", f"was not asked about: {reasons}")
    if run.tables is None:
        return Verdict("WRONG", "exit code 0 and no tables")
    differences = list(_differences(world.expected, run.tables, files=len(world.files)))
    if differences:
        return Verdict("WRONG", "; ".join(differences[:6]))
    return Verdict("set aside" if world.faults else "whole")


def _judge_refusal(world: World, run: Run) -> Verdict:
    if run.tables is not None:
        return Verdict("WRONG", f"refused, but there are tables: {run.said}")
    true = {**world.must, **world.may}
    for name, words in true.items():
        if re.search(words, run.said, re.IGNORECASE):
            return Verdict("refused", name)
    for number, words in world.expected.faulty.items():
        if re.search(words, run.said, re.IGNORECASE):
            return Verdict("refused", f"{world.faults[0]}, as in {number}")
    told = re.search(r"by rules|None of the", run.said)
    if run.exit_code == _ALARM and told and _much_left_out(world.expected):
        return Verdict("refused", "much is left out by rules")
    return Verdict("WRONG", f"refused for a reason that is not true: {run.said.strip()}")


def _much_left_out(expected: Expected) -> bool:
    """Tell whether so many orders do not count that a shop owner should look at it."""
    out = len(expected.left_out) + len(expected.optional)
    few = len(expected.orders) + out <= 12
    return (few and out > 0) or out > 0.25 * len(expected.orders) or expected.out_money > 0.35


def _differences(expected: Expected, found: Imported, *, files: int) -> Iterator[str]:
    yield from _orders(expected, found)
    yield from _people(expected, found)
    yield from _lines(expected, found)
    yield from _refunds(expected, found)
    yield from _balances(expected, found, files=files)


def _orders(expected: Expected, found: Imported) -> Iterator[str]:
    for number in expected.orders.keys() - found.orders.keys() - expected.optional:
        yield f"order {number} is missing"
    for number in found.orders.keys() - expected.orders.keys():
        why = expected.left_out.get(number) or expected.faulty.get(number)
        yield f"order {number} is there" + (f" in spite of: {why}" if why else "")
    tied: Counter[str] = Counter()
    for order, _, _, amount in found.refunds:
        tied[order] += amount
    for number, want in expected.orders.items():
        if number not in found.orders:
            continue
        _, at, amount = found.orders[number]
        allowed = {want.gross} if want.net is None else {want.gross, want.net}
        if amount + tied[number] not in allowed:
            yield f"order {number}: {amount} + {tied[number]} refunded, right is {want.gross}"
        if abs(at - want.at) > expected.tolerance:
            yield f"order {number}: at {at}, right is {want.at}"


def _people(expected: Expected, found: Imported) -> Iterator[str]:
    named: dict[int, set[str]] = {}
    for number, want in expected.orders.items():
        if number in found.orders:
            named.setdefault(want.customer, set()).add(found.orders[number][0])
    for customer, names in named.items():
        if len(names) > 1:
            yield f"customer {customer} became {len(names)} customers"
    whole = Counter(name for names in named.values() for name in names)
    for name, people in whole.items():
        if people > 1:
            yield f"{people} customers became one, {name}"


def _lines(expected: Expected, found: Imported) -> Iterator[str]:
    for number, want in expected.orders.items():
        if number not in found.orders or want.lines is None:
            continue
        lines = found.lines.get(number, Counter())
        if lines != want.lines:
            yield f"lines of order {number}: {dict(lines)}, right is {dict(want.lines)}"
    sold = {product for lines in found.lines.values() for product, _, _ in lines}
    for product, name in (expected.names or {}).items():
        if product in sold and _flat(found.names.get(product)) != _flat(name):
            yield f"product {product} is called {found.names.get(product)!r}, right is {name!r}"


def _flat(name: str | None) -> str:
    """Return a name in one line; a line break within it is a blank to a reader."""
    return " ".join((name or "").split())


def _refunds(expected: Expected, found: Imported) -> Iterator[str]:
    """Compare what went back, by customer and day; the order only where the file tells it."""
    names = {
        want.customer: found.orders[number][0]
        for number, want in expected.orders.items()
        if number in found.orders
    }
    owners = {number: want.customer for number, want in expected.orders.items()}
    loose = {number for number, want in expected.orders.items() if want.net is not None}
    gone = expected.optional - found.orders.keys()
    sums: Counter[tuple[str, str]] = Counter()
    for want in expected.refunds:
        if want.order not in gone or not want.order:
            customer = names.get(want.customer, "of no order")
            sums[customer, f"{want.at:%Y-%m-%d}"] += want.amount
    known = set(names.values())
    for order, customer, at, amount in found.refunds:
        if order in loose or order in gone:
            continue
        sums[customer if customer in known else "of no order", f"{at:%Y-%m-%d}"] -= amount
        if order and order not in owners:
            yield f"a refund is tied to '{order}', which is no order that counts"
        elif order and names.get(owners[order]) != customer:
            yield f"a refund of {customer} is tied to order {order} of somebody else"
    for (customer, day), amount in sums.items():
        if amount:
            yield f"refunds of {customer} on {day}: {amount} lack (less than 0: too much)"
    yield from _tied(expected, found)


def _tied(expected: Expected, found: Imported) -> Iterator[str]:
    """Compare the order of each refund whose order the file tells."""
    right = Counter((want.order, want.amount) for want in expected.refunds if want.order)
    right_orders = {order for order, _ in right}
    for order, amount in Counter((order, amount) for order, _, _, amount in found.refunds) - right:
        if order in right_orders:
            yield f"a refund of {amount} is tied to order {order}, and is not its own"


def _balances(expected: Expected, found: Imported, *, files: int) -> Iterator[str]:
    told = [balance for balance in found.balances if balance["table"] == "orders"]
    for balance in told:
        if balance["rows_read"] != balance["rows_accepted"] + balance["rows_set_aside"]:
            yield f"the balance does not add up: {balance}"
        yield from _untrue(expected, balance, earlier=files > 1)
    if files == 1 and len(told) == 1 and "gross_minor" in told[0]:
        yield from _money(expected, told[0])


def _untrue(expected: Expected, balance: dict[str, Any], *, earlier: bool) -> Iterator[str]:
    true = [_REPEATED, r"refunded in full", *expected.left_out.values(), *expected.faulty.values()]
    if expected.optional:
        true.append(r"zero|gift card")
    if earlier:
        # As that file told it: the order was paid when the next one was exported.
        true.append(r"unpaid")
    for reason, rows in balance["reasons"].items():
        if not any(re.search(words, reason, re.IGNORECASE) for words in true) and (
            rows > expected.extra_rows
        ):
            yield f"{rows} rows are set aside for what is not true: {reason}"


def _money(expected: Expected, balance: dict[str, Any]) -> Iterator[str]:
    right = sum(
        want.gross if want.net is None else want.net for want in expected.orders.values()
    ) - sum(refund.amount for refund in expected.refunds)
    net = balance["gross_minor"] - balance["refunds_minor"]
    if net != right:
        yield f"the balance says {net} net, right is {right}"
    months = sum(gross - back for gross, back in balance.get("months", {}).values())
    if balance.get("months") and months != net:
        yield f"the months of the balance add up to {months}, and it says {net}"
