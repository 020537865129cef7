"""Draws of files of a shop's own making, described by a mapping."""

import random
from collections.abc import Callable
from typing import Any

from tests.ingest.world.doubts import (
    ENCODING,
    ESCAPED,
    EXOTIC,
    GARBLED,
    NAMELESS,
    SHORTENED,
    Doubts,
    date_doubts,
    decimal_doubts,
)
from tests.ingest.world.faults import Fault, draw_fault, spoil
from tests.ingest.world.headers import OTHERS, draw_headers
from tests.ingest.world.own_file import Group, Writer, mapping_of
from tests.ingest.world.own_plan import (
    JAPANESE,
    LATIN,
    Plan,
    draw_plan,
    keys_of,
    labels_of,
    orders_of,
)
from tests.ingest.world.own_truth import expected_of
from tests.ingest.world.people import IDENTITIES
from tests.ingest.world.refund_file import refund_sheet
from tests.ingest.world.sheet import Sheet, content
from tests.ingest.world.world import World, shop_of


def draw_own_world(seed: int, *, narrow: Callable[[Plan], Plan] | None = None) -> World:
    """Draw a world whose file somebody made up, within what a narrower plan allows."""
    rng = random.Random(seed)
    plan = draw_plan(rng)
    plan = narrow(plan) if narrow else plan
    orders = orders_of(rng, plan)
    invisible = plan.container.kind != "csv" or plan.container.encoding.startswith("utf")
    writer = Writer(
        rng, plan.habits, currency=plan.currency, decimals=plan.decimals, invisible=invisible
    )
    groups = writer.groups(orders)
    fault, spoiled = _spoil(rng, plan, groups)
    expected = expected_of(plan, groups, fault, spoiled)
    headers = draw_headers(rng, plan.container.encoding)
    used = {line.kind for order in orders for line in order.lines}
    if plan.habits.amount == "lines" and any(order.postage for order in orders):
        used.add("shipping")
    mapping = mapping_of(plan.habits, headers.__getitem__, rng, used) | keys_of(plan)
    if fault and "currency" in fault.cells:
        mapping["currency"] = headers["currency"]
    sheets = _sheets(rng, plan, writer, groups, headers, mapping, spoiled)
    must, may = _doubts(plan, sheets, headers)
    files = {
        f"orders_{number + 1}{container.suffix}": content(sheet, style, container)
        for number, sheet in enumerate(sheets)
        for style, container in [plan.hand(number)]
    }
    said: Any = mapping
    if back := refund_sheet(rng, plan, groups, headers.__getitem__):
        sheet, of_refunds = back
        files[f"refunds{plan.container.suffix}"] = content(sheet, plan.style, plan.container)
        said = [mapping, of_refunds]
        asked, askable = date_doubts(
            sheet, plan.style, "", given="day_first" in plan.given, typed=plan.typed
        )
        may |= asked | askable
        may |= decimal_doubts(sheet, plan.style, given="decimal" in plan.given, typed=plan.typed)
    share: dict[str, Any] = {"expected_set_aside": 0.6} if fault and rng.random() < 0.7 else {}
    return World(
        seed=seed,
        labels=labels_of(plan),
        files=files,
        shop=shop_of(plan.currency, said, **share),
        expected=expected,
        must=must,
        may=may,
        faults=(fault.name,) if fault else (),
    )


def _spoil(
    rng: random.Random, plan: Plan, groups: list[Group]
) -> tuple[Fault | None, frozenset[str]]:
    if not plan.faulty:
        return None, frozenset()
    columns = set(groups[0].rows[0])
    rows_free = plan.habits.back not in ("rows", "credit notes")
    sound = [
        group for group in groups
        if not group.order.refunds and group.order.state == "paid" and group.order.revenue > 0
    ]  # fmt: skip
    if not sound or not rows_free or plan.habits.scattered:
        return None, frozenset()
    fault = draw_fault(rng, columns | {"currency"}, keeps=plan.habits.state == "keep and drop")
    if fault.name == "early date" and (plan.typed or plan.dates.name != "iso day"):
        fault = draw_fault(rng, {"currency"}, keeps=False)
    if "currency" in fault.cells:
        for group in groups:
            for row in group.rows:
                if "date" in row:
                    row["currency"] = plan.currency
    chosen = rng.sample(sound, min(len(sound), rng.randint(1, 3)))
    for group in chosen:
        spoil(group, fault)
    return fault, frozenset(group.number for group in chosen)


def _sheets(
    rng: random.Random,
    plan: Plan,
    writer: Writer,
    groups: list[Group],
    headers: dict[str, str],
    mapping: dict[str, Any],
    spoiled: frozenset[str],
) -> list[Sheet]:
    roles = list(dict.fromkeys(role for group in groups for row in group.rows for role in row))
    wanted = set(_texts(mapping))
    packed = f"{headers['packed']} *"
    named = {
        role: f"{headers['packed']} {role.split()[1]}" if role.startswith("packed ") else
        headers.get(role, role)
        for role in roles
    }  # fmt: skip
    roles = [
        role for role in roles
        if named[role] in wanted or (role.startswith("packed ") and packed in wanted)
        or rng.random() < 0.3
    ]  # fmt: skip
    others = rng.sample(OTHERS, rng.randint(0, 3))
    columns = [named[role] for role in roles] + [name for name, _ in others]
    if rng.random() < 0.5:
        rng.shuffle(columns)
    sheets = []
    for part in _parts(rng, plan, groups, writer, spoiled):
        rows = [row for group in part for row in _doubled(rng, plan, group.rows)]
        if plan.habits.scattered:
            rng.shuffle(rows)
        filled = tuple(
            dict(others) | {named[role]: cell for role, cell in row.items() if role in roles}
            for row in rows
        )
        sheets.append(Sheet(tuple(columns), filled))
    if plan.other and plan.other.point_zero:
        for sheet in sheets[1::2]:
            for row in sheet.rows:
                if str(row.get(named["order"], "")).strip().isdigit():
                    row[named["order"]] = f"{str(row[named['order']]).strip()}.0"
    return sheets


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [str(value)]


def _doubled(rng: random.Random, plan: Plan, rows: list[dict]) -> list[dict]:
    if not plan.habits.repeats or rng.random() > 0.2:
        return rows
    return [*rows, rng.choice([row for row in rows if row.get("line")])]


def _parts(
    rng: random.Random, plan: Plan, groups: list[Group], writer: Writer, spoiled: frozenset[str]
) -> list[list[Group]]:
    """Return what each file holds: neighbors share some orders, and a later one is as told last."""
    size = -(-len(groups) // plan.files)
    parts = []
    for start in range(0, len(groups), size):
        shared = groups[start + size : start + size + rng.randint(0, 5)]
        earlier = [
            writer.earlier(group)
            if rng.random() < 0.5 and group.number not in spoiled and _is_order(group)
            else group
            for group in shared
        ]
        parts.append(groups[start : start + size] + earlier)
    return parts


def _is_order(group: Group) -> bool:
    """Tell whether rows are those of an order, not of a refund with a number of its own."""
    return group.number[0] not in "CR"


def _doubts(plan: Plan, sheets: list[Sheet], headers: dict[str, str]) -> tuple[Doubts, Doubts]:
    must: Doubts = {}
    may: Doubts = {}
    found = []
    for number, sheet in enumerate(sheets):
        style, _ = plan.hand(number)
        given = {key: key in plan.given for key in ("day_first", "decimal")}
        asked, askable = date_doubts(
            sheet, style, headers["date"], given=given["day_first"], typed=plan.typed
        )
        found.append(asked)
        may |= asked | askable
        may |= decimal_doubts(sheet, style, given=given["decimal"], typed=plan.typed)
        if style.dates.exotic:
            may |= dict([EXOTIC])
    if all(found):
        must |= found[0]
    if plan.container.escape and any('"' in text for text in _written(plan, sheets)):
        may |= dict([ESCAPED])
    if plan.habits.own == "first, nameless":
        may |= dict([NAMELESS])
    if "shortened" in (plan.habits.order_form, plan.habits.customer_form) and (
        plan.habits.order_form == "shortened" or IDENTITIES[plan.habits.identity].number
    ):
        must |= dict([SHORTENED])
    bytes_told = plan.container.kind == "csv" and plan.container.encoding in (*LATIN, *JAPANESE)
    if bytes_told and "encoding" not in plan.given and not _ascii(plan, sheets):
        may |= dict([GARBLED if plan.container.encoding == "euc_jp" else ENCODING])
    return must, may


def _ascii(plan: Plan, sheets: list[Sheet]) -> bool:
    return all(text.isascii() for text in _written(plan, sheets))


def _written(plan: Plan, sheets: list[Sheet]) -> list[str]:
    rows = [row for sheet in sheets for row in sheet.texts(plan.style)]
    return [text for row in rows for text in row]
