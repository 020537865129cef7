"""The notebook on shops that lack what it looks for: it says so and goes on."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import duckdb
import pytest

START = date(2024, 1, 1)


@pytest.fixture
def run(read_page: Callable[..., str]) -> Callable[..., str]:
    """Run the cells one after the other and return what a reader is told."""
    return partial(read_page, "01_customer_analysis")


def test_small_shop(home: Path, run: Callable[..., str]) -> None:
    said = run(
        "tiny",
        dormancy_days=45,
        rfm_recency_days="120 60 30 14",
        rfm_purchases="2 3 4 5",
        rfm_amounts="10 20 30 40",
        cpm_amount=100.0,
        compared_on="2024-06-30",
    )
    assert "customers in all: 300" in said
    assert "gone quiet after 45 days, as set for this shop" in said
    assert "Segments by thresholds set for this shop" in said
    assert "on 30 June 2024" in said
    assert not re.search(r"\bnan\b", said), "a reader never sees a number that is none"


def test_shop_of_subscriptions_only(
    home: Path, make_shop: Callable, run: Callable[..., str]
) -> None:
    bought = [
        (f"s{who:03d}", START + timedelta(days=who % 30 + 30 * cycle), 20.0)
        for who in range(90)
        for cycle in range(1 + who % 5)
    ]
    make_shop("boxes", bought)
    for table in ("orders", "customer_day"):
        file = home / "data" / "boxes" / "current" / f"{table}.parquet"
        rows = duckdb.sql(  # noqa: F841
            f"SELECT * REPLACE ('subscription' AS purchase_type) FROM '{file}'"
        ).to_arrow_table()
        duckdb.sql("FROM rows").write_parquet(str(file))
    said = run("boxes")
    assert "customers in all: 90" in said
    assert "100% from subscriptions" in said
    assert not re.search(r"\bnan\b", said)
    assert "There are no one-off purchases" in said
    assert "There are no one-off orders whose hours" in said
    assert "Fewer than 30 customers have had 90 days for their next purchase" in said


def test_shop_of_its_first_days(home: Path, make_shop: Callable, run: Callable[..., str]) -> None:
    make_shop("young", [(f"c{who}", START + timedelta(days=who % 5), 9.5) for who in range(40)])
    said = run("young")
    assert "customers in all: 40" in said
    assert "in the 30 before" not in said, "there is no period before"
    assert "No calendar month is over yet." in said
    assert "do not tell after which silence" in said
    assert "Scores are fifths of this shop's customers" in said
    assert "Fewer than 100 customers paid in the window" in said
    assert not re.search(r"\bnan\b", said)
