"""What worlds of the formats of carts and marketplaces have in common."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.ingest.world.doubts import Doubts, date_doubts, decimal_doubts
from tests.ingest.world.expected import Expected, ExpectedOrder, ExpectedRefund, Lines
from tests.ingest.world.notation import Cell, Dates, Numbers
from tests.ingest.world.sheet import Container, Sheet, Style, content
from tests.ingest.world.truth import Line, Order
from tests.ingest.world.world import SHOPS, World, shop_of

Row = dict[str, Cell]
LEFT_OUT = {"cancelled": "cancelled", "unpaid": "unpaid", "test": "test"}


class Told(NamedTuple):
    """An order as a cart's file tells it.

    Attributes:
        number: Its number after an import.
        order: What is true.
        rows: Its rows.
        reason: Words of the reason for which a rule leaves it out; empty where it counts.
        dated: Whether the days of its refunds are told.
        tied: Whether the file says which order they belong to.
    """

    number: str
    order: Order
    rows: list[Row]
    reason: str = ""
    dated: bool = False
    tied: bool = True


class Cart(NamedTuple):
    """A format and how this draw's files were written.

    Attributes:
        name: Of the format.
        columns: Of its header.
        currency: Of the shop.
        numbers: How amounts are written.
        dates: How moments are.
        container: What the table is put into.
        ordered: The column with the day of an order.
        mapping: What the shop's file says of it, None where it says nothing.
        lines: What its lines are, None where the files do not tell.
        code: What a product's number is.
    """

    name: str
    columns: tuple[str, ...]
    currency: str
    numbers: Numbers
    dates: Dates
    container: Container
    ordered: str
    mapping: dict[str, Any] | None = None
    lines: bool = True
    code: Callable[[Line], str] = lambda line: line.code or line.name

    @property
    def style(self) -> Style:
        decimals = 0 if self.currency == "JPY" else 2
        return Style(self.numbers, self.dates, ZoneInfo(SHOPS[self.currency]), decimals)


def cart_world(
    seed: int, rng: random.Random, cart: Cart, told: list[Told], labels: dict[str, str]
) -> World:
    """Return the world of a cart's files, some of which overlap."""
    files = rng.choice((1, 1, 1, 2))
    size = -(-len(told) // files)
    parts = [told[max(0, at - rng.randint(0, 4)) : at + size] for at in range(0, len(told), size)]
    sheets = [Sheet(cart.columns, tuple(row for one in part for row in one.rows)) for part in parts]
    must, may = _doubts(cart, sheets)
    return World(
        seed=seed,
        labels={
            "format": cart.name,
            "files": str(len(parts)),
            "container": cart.container.kind,
            "encoding": cart.container.encoding if cart.container.kind == "csv" else "workbook",
            "separator": cart.container.separator if cart.container.kind == "csv" else "workbook",
            "dates": cart.dates.name,
            "decimal sign": cart.numbers.decimal,
            **labels,
        },
        files={
            f"{cart.name}_{number}{cart.container.suffix}": content(
                sheet, cart.style, cart.container
            )
            for number, sheet in enumerate(sheets, start=1)
        },
        shop=shop_of(cart.currency, cart.mapping),
        expected=_expected(cart, told),
        must=must,
        may=may,
    )


def _doubts(cart: Cart, sheets: list[Sheet]) -> tuple[Doubts, Doubts]:
    given = cart.mapping or {}
    typed = cart.container.kind == "typed"
    may: Doubts = {}
    found = []
    for sheet in sheets:
        asked, askable = date_doubts(
            sheet, cart.style, cart.ordered, given="day_first" in given, typed=typed
        )
        found.append(asked)
        may |= asked | askable
        may |= decimal_doubts(sheet, cart.style, given="decimal" in given, typed=typed)
    return (found[0] if all(found) else {}), may


def _expected(cart: Cart, told: list[Told]) -> Expected:
    orders: dict[str, ExpectedOrder] = {}
    optional, left_out, refunds = set(), {}, []
    for one in told:
        order = one.order
        if one.reason:
            left_out[one.number] = one.reason
            continue
        gross = order.revenue if one.dated else order.revenue - order.refunded
        lines = lines_of(order, cart.code) if cart.lines else None
        orders[one.number] = ExpectedOrder(order.customer, cart.dates.kept(order.at), gross, lines)
        if order.revenue <= order.refunded:
            optional.add(one.number)
        if one.dated:
            refunds += [
                ExpectedRefund(
                    order.customer, refund.at, refund.amount, one.number if one.tied else ""
                )
                for refund in order.refunds
            ]
    return Expected(
        orders=orders,
        optional=frozenset(optional),
        left_out=left_out,
        refunds=tuple(refunds),
        out_money=_out_money(told),
        tolerance=timedelta(seconds=2 if cart.dates.name == "serial" else 0),
    )


def _out_money(told: list[Told]) -> float:
    """Return the share of money that does not count."""
    out = [one.order.total for one in told if one.reason or one.order.refunded >= one.order.total]
    return sum(out) / sum(one.order.total for one in told)


def lines_of(order: Order, code: Callable[[Line], str]) -> Lines:
    """Return the goods of an order, as an import has to hold them."""
    return Counter(
        (code(line), line.quantity, line.amount)
        for line in order.lines
        if line.kind == "goods" and line.quantity
    )


def early(orders: list[Order]) -> list[Order]:
    """Move every order to the first twelve days of its month, so that days pass for months."""
    return [order._replace(at=_early(order.at)) for order in orders]


def _early(at: datetime) -> datetime:
    return at.replace(day=1 + at.day % 12)
