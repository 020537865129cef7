"""The notebook on shops that are small, young or lack what it looks for: it says so and goes on."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import duckdb
import pytest

START = date(2024, 1, 1)
Purchases = list[tuple[str, date, float]]


@pytest.fixture
def run(read_page: Callable[..., str]) -> Callable[..., str]:
    """Run the cells one after the other and return what a reader is told."""
    return partial(read_page, "03_lifetime_value")


def on(day: int) -> date:
    return START + timedelta(days=day)


def buyers(name: str, count: int, days: list[int]) -> Purchases:
    """Return customers who each buy on the same days, with one more week between one and the next.

    Amounts differ, so that there is something to model.
    """
    return [
        (f"{name}{who:03d}", on(day + who % 7), 10.0 + (7 * who + place) % 23)
        for who in range(count)
        for place, day in enumerate(days)
    ]


def late_starters() -> Purchases:
    """Half a year of one-time buyers; ten repeat customers before the middle, forty after it."""
    return (
        buyers("once", 60, [3])
        + buyers("early", 10, [20, 60])
        + buyers("late", 40, [200, 240, 300])
        + buyers("new", 20, [340])
    )


def quitters() -> Purchases:
    """Forty repeat customers who all stop before the middle of the year; then new ones only."""
    return (
        buyers("loyal", 40, [5, 40, 80])
        + buyers("more", 20, [5, 60])
        + buyers("new", 60, [200])
        + buyers("newer", 60, [330])
    )


SHOPS = {
    "late": (late_starters(), "customers had bought again, and that takes 30."),
    "quit": (quitters(), "the last day that it may see, nobody bought again"),
    "young": (
        buyers("a", 50, [0, 10, 24]) + buyers("b", 60, [20]) + buyers("c", 40, [34]),
        "the orders cover 5 weeks, and that takes 8.",
    ),
}


@pytest.mark.parametrize("name", SHOPS)
def test_shop_whose_prediction_cannot_be_checked(
    make_shop: Callable, run: Callable[..., str], name: str
) -> None:
    purchases, reason = SHOPS[name]
    make_shop(name, purchases)
    said = run(name, margin_share=0.4)
    assert reason in said
    assert "Failed: The prediction cannot be checked" in said
    assert "read the expected value as rough" in said
    assert "expected from all customers in the next 365 days" in said
    assert "which cannot be checked yet" in said
    assert "error of the same prediction" not in said
    assert not re.search(r"\bnan\b", said), "a reader never sees a number that is none"


def test_smallest_shop_that_can_be_predicted(make_shop: Callable, run: Callable[..., str]) -> None:
    """Thirty repeat customers and nobody else: no group of ten, no tenth, no month of 30."""
    purchases = [
        (f"c{who:02d}", on(12 * who + day), 10.0 + who % 7)
        for who in range(30)
        for day in (0, 9 + 5 * (who % 8), 60 + who, 100)[: 2 + who % 3]
    ]
    make_shop("least", purchases)
    said = run("least", margin_share=0.4)
    assert "A map of the chance" not in said, "no field has ten customers"
    assert "expected from all customers in the next 365 days" in said
    assert "Ten groups of customers are shown from 100 customers" in said
    assert not re.search(r"\bnan\b", said)


def test_fifteen_new_customers_a_month(make_shop: Callable, run: Callable[..., str]) -> None:
    purchases = [
        (f"m{month:02d}-{who:02d}", on(30 * month + day), 20.0 + who)
        for month in range(26)
        for who in range(15)
        for day in ([who, who + 40 + who * 3] if who % 2 else [who])
        if 30 * month + day < 780
    ]
    make_shop("steady", purchases)
    said = run("steady")
    assert re.search(r"\d+ customers of mature months paid \$[0-9.]+ \[.*\] each", said)
    assert "0 of 26 months are shown" in said
    assert not re.search(r"\bnan\b", said)


def test_shop_of_which_nothing_can_be_predicted(
    home: Path, make_shop: Callable, run: Callable[..., str]
) -> None:
    """Hardly anybody buys again, and five subscriptions run: what was paid is still told."""
    make_shop("still", buyers("once", 80, [3]) + buyers("twice", 9, [30, 60]) + [("x", on(215), 9)])
    started = f"SELECT unnest(range(5)) AS number, TIMESTAMP '{on(150)} 12:00:00' AS started_at"
    duckdb.sql(
        f"SELECT concat('s', number) AS subscription_id, concat('once00', number) AS customer_id, "
        f"started_at, CAST(30 AS BIGINT) AS cycle_days FROM ({started})"
    ).write_parquet(str(home / "data" / "still" / "current" / "subscriptions.parquet"))
    for offer_cost in (0.0, 5.0):
        said = run("still", margin_share=0.4, offer_cost=offer_cost)
        assert "paid by a customer within 180 days of the first purchase: $" in said
        assert "expected from all customers" not in said, "0 [0 to 0] would be a number made up"
        assert "Too few customers of this shop buy one by one" in said
        assert "No customer is expected to bring what an offer costs." in said
        assert not re.search(r"\bnan\b", said)
