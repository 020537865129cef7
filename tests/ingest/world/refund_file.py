"""A file of refunds beside the files of orders, and the mapping a person writes for it."""

import random
from collections.abc import Callable
from typing import Any

from tests.ingest.world.notation import Cell, Money, When
from tests.ingest.world.own_file import Group
from tests.ingest.world.own_plan import Plan, keys_of
from tests.ingest.world.people import CUSTOMER_FORMS, IDENTITIES
from tests.ingest.world.sheet import Sheet


def refund_sheet(
    rng: random.Random, plan: Plan, groups: list[Group], headers: Callable[[str], str]
) -> tuple[Sheet, dict[str, Any]] | None:
    """Return the refunds of a shop that keeps them apart, and what is said of their columns."""
    if plan.habits.back != "file":
        return None
    by_number = IDENTITIES[plan.habits.identity] == IDENTITIES["number"] and rng.random() < 0.5
    rows: list[dict[str, Cell]] = []
    for group in groups:
        for refund in group.order.refunds:
            row: dict[str, Cell] = {
                headers("order"): group.number,
                headers("refunded at"): When(refund.at),
                headers("refunded"): Money(refund.amount),
                "Why": rng.choice(("torn", "late", "")),
            }
            if by_number:
                form = CUSTOMER_FORMS[plan.habits.customer_form]
                row[headers("customer")] = form(group.order.customer)[0]
            rows.append(row)
    if not rows:
        return None
    rng.shuffle(rows)
    mapping = {
        "table": "refunds",
        "order_id": headers("order"),
        "refunded_at": headers("refunded at"),
        "amount_minor": headers("refunded"),
        **({"customer_id": headers("customer")} if by_number else {}),
        **({"unit": "minor"} if plan.habits.minor else {}),
        **keys_of(plan),
    }
    return Sheet(tuple(dict.fromkeys(name for row in rows for name in row)), tuple(rows)), mapping
