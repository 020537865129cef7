"""Readers that the judge is tried on: one that is right about plain files, and three that guess.

They read what a world wrote with a dozen lines and no care; which of them is right is known.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from tests.ingest.world.command import Imported
from tests.ingest.world.expected import Expected, Lines
from tests.ingest.world.notation import NOTATIONS
from tests.ingest.world.own_plan import Plan
from tests.ingest.world.own_world import draw_own_world
from tests.ingest.world.sheet import Container
from tests.ingest.world.world import World

_PATTERNS = {
    "iso": "%Y-%m-%d %H:%M:%S",
    "day/month/year": "%d/%m/%Y %H:%M",
    "month/day/year": "%m/%d/%Y %H:%M",
}


class Habit(NamedTuple):
    """What a reader takes for granted.

    Attributes:
        decimal: The sign before the cents.
        dates: Name of the notation of dates.
        row_is_order: Whether it takes each row for an order.
    """

    decimal: str
    dates: str
    row_is_order: bool = False


def right_habit(world: World) -> Habit:
    """Return what is true of a plain world."""
    return Habit(world.labels["decimal sign"], world.labels["dates"])


def draw_plain_world(seed: int) -> World:
    """Draw a world that these readers know all of."""
    return draw_own_world(seed, narrow=lambda plan: _narrow(plan, seed))


def _narrow(plan: Plan, seed: int) -> Plan:
    habits = plan.habits._replace(
        shape=("order rows", "line rows")[seed % 2],
        own="every",
        amount="lines" if plan.habits.amount == "lines" and seed % 2 else "total",
        back="none",
        identity="number",
        order_form="plain",
        customer_form="plain",
        time_apart=False,
        names=True,
        pad="",
        padded_ids=False,
        signed=False,
    )
    nothing = dict.fromkeys(("refunds", "gift_cards", "cancelled", "unpaid", "tests"), 0)
    names = sorted(_PATTERNS)
    return plan._replace(
        habits=habits if seed % 2 else habits._replace(line_ids=False, repeats=False),
        traits=plan.traits._replace(**nothing),
        container=Container(separator=";"),
        numbers=plan.numbers._replace(before="", after="", pieces="short"),
        dates=next(one for one in NOTATIONS if one.name == names[seed % 3]),
        early_days=False,
        faulty=False,
        in_utc=False,
        other=None,
    )


def read_plainly(world: World, habit: Habit) -> Imported:
    """Read a plain world's files as somebody with a habit does."""
    mapping = world.shop["mapping"]
    orders: dict[str, tuple[str, datetime, int]] = {}
    lines: dict[str, Lines] = {}
    scale = 1 if world.shop["currency"] == "JPY" or mapping.get("unit") == "minor" else 100
    for content in world.files.values():
        inside: dict[str, list[dict[str, str]]] = {}
        for row in _rows(content, world.labels["separator"]):
            number = row[mapping["order_id"]]
            inside.setdefault(number, []).append(row)
        for number, rows in inside.items():
            kept = rows[-1:] if habit.row_is_order else _once(rows, mapping.get("line_id"))
            at = _moment(rows[0], mapping, habit)
            if at is None:
                continue
            read = [_line(row, mapping["line"], habit, scale) for row in kept
                    if "line" in mapping]  # fmt: skip
            value = sum(amount for _, amount in read)
            if "amount_plus" in mapping:
                value = _minor(rows[0][mapping["amount_plus"][0]], habit, scale)
            orders[number] = (rows[0][mapping["customer_id"]], at, value)
            lines[number] = Counter(line for line, _ in read if line)
    return Imported(orders, lines, [], dict(world.expected.names or {}), [])


def _rows(content: bytes, separator: str) -> Iterator[dict[str, str]]:
    text = content.decode("utf-8-sig")
    lines = text.splitlines(keepends=True)
    start = 1 if lines[0].startswith("sep=") else 0
    reader = csv.reader(io.StringIO("".join(lines[start:]), newline=""), delimiter=separator)
    header = next(reader)
    for row in reader:
        if row:
            yield dict(zip(header, row, strict=True))


def _once(rows: list[dict[str, str]], line_id: str | None) -> list[dict[str, str]]:
    if line_id is None:
        return rows
    return list({row[line_id]: row for row in rows}.values())


def _moment(row: dict[str, str], mapping: dict[str, Any], habit: Habit) -> datetime | None:
    try:
        at = datetime.strptime(row[mapping["ordered_at"]], _PATTERNS[habit.dates])
    except ValueError:
        return None
    if "ordered_time" in mapping:
        at = datetime.combine(at, datetime.strptime(row[mapping["ordered_time"]], "%X").time())
    return at


def _line(
    row: dict[str, str], line: dict[str, Any], habit: Habit, scale: int
) -> tuple[tuple[str, Decimal, int] | None, int]:
    quantity = _number(row[line["quantity"]], habit)
    if "amount" in line:
        amount = _minor(row[line["amount"]], habit, scale)
    else:
        amount = int(quantity * _minor(row[line["price"]], habit, scale))
    if "discount" in line:
        amount -= _minor(row[line["discount"]], habit, scale)
    others = [word.rstrip("*") for words in line.get("not_goods", {}).values() for word in words]
    kind = row[line.get("kind", line.get("product_name", line["product_id"]))]
    if any(kind.startswith(word) for word in others) or not quantity:
        return None, amount
    return (row[line["product_id"]], quantity, amount), amount


def _minor(text: str, habit: Habit, scale: int) -> int:
    return int(_number(text, habit) * scale)


def _number(text: str, habit: Habit) -> Decimal:
    other = "," if habit.decimal == "." else "."
    for sign in (other, *" \u00a0\u202f'\u2019"):
        text = text.replace(sign, "")
    return Decimal(text.replace(habit.decimal, "."))


def perfect(expected: Expected) -> Imported:
    """Return what an import without a fault holds."""
    orders, lines = {}, {}
    for number, want in expected.orders.items():
        tied = sum(refund.amount for refund in expected.refunds if refund.order == number)
        orders[number] = (f"person {want.customer}", want.at, want.gross - tied)
        lines[number] = want.lines or Counter()
    refunds = [
        (refund.order, f"person {refund.customer}", refund.at, refund.amount)
        for refund in expected.refunds
    ]
    return Imported(orders, lines, refunds, dict(expected.names or {}), [])
