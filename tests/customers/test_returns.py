"""What went back: on the page of a shop that knows of it, and in the numbers it stands in."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analysis import customers
from analysis.customers import tables
from analysis.customers.balance import Balance
from analysis.customers.recorded import revenue_metrics
from analysis.customers.returns import Returns, returns_sentence
from analysis.customers.revenue import REFUNDS_ALONE
from analysis.engine import workbench
from analysis.ingest.publication import publish

# Every tenth order goes back by a half on the tenth day; every fiftieth refund has no order.
RETURNED = """
CREATE TABLE refunds AS
WITH counted AS (
    SELECT *, row_number() OVER (ORDER BY ordered_at, order_id) AS n FROM '{orders}'
)
SELECT CASE WHEN n % 50 > 0 THEN order_id END AS order_id, customer_id,
    ordered_at + INTERVAL 10 DAY AS refunded_at, CAST(amount_minor // 2 AS BIGINT) AS amount_minor
FROM counted WHERE n % 10 = 0 AND amount_minor > 1
"""
NET = """
CREATE TABLE orders AS
SELECT paid.* REPLACE (CAST(paid.amount_minor - coalesce(back.amount_minor, 0) AS BIGINT)
    AS amount_minor)
FROM '{orders}' AS paid LEFT JOIN refunds AS back USING (order_id)
ORDER BY ordered_at, order_id
"""


@pytest.fixture
def returning(home: Path) -> pd.DataFrame:
    """The shop `tiny` with refunds, of which it knows until ten days after its last order."""
    orders = (home / "data" / "tiny" / "current" / "orders.parquet").resolve()
    record = json.loads(orders.with_name("import.json").read_text())
    with workbench() as bench:
        for statement in (RETURNED, NET):
            bench.execute(statement.format(orders=orders))
        refunds = bench.table("refunds").df()
        publish(bench, record["balance"], home / "data" / "tiny")
    return refunds


def test_the_page_says_what_went_back(
    home: Path, returning: pd.DataFrame, read_page: Callable[..., str]
) -> None:
    paid = pd.read_parquet(home / "data" / "tiny" / "current" / "orders.parquet")
    last_day = paid["ordered_at"].max().normalize()
    said = read_page("01_customer_analysis", "tiny")
    old = paid[paid["ordered_at"].dt.normalize() <= last_day - pd.Timedelta(days=30)]
    back = returning[returning["order_id"].isin(old["order_id"])]
    assert f"Of {len(old):,} orders that are at least 30 days old, {len(back):,} had" in said
    gross = (old["amount_minor"].sum() + back["amount_minor"].sum()) / 100
    assert f"${back['amount_minor'].sum() / 100:,.0f} of the ${gross:,.0f} paid" in said
    alone = returning[returning["order_id"].isna()]
    recent = alone[
        (alone["refunded_at"] > last_day - pd.Timedelta(days=30))
        & (alone["refunded_at"] < last_day + pd.Timedelta(days=1))
    ]
    assert len(recent), "there must be something to take off"
    row = re.search(r"less refunds without an order\s+\$([\d,]+)", said)
    assert row
    assert int(row[1].replace(",", "")) == round(recent["amount_minor"].sum() / 100)
    assert "less refunds without an order, add up to" in said
    assert not re.search(r"\bnan\b", said)


DAYS = pd.DataFrame(
    {
        "day": pd.to_datetime(["2024-01-03", "2024-01-04", "2024-01-08", "2024-01-09"]),
        "kind": [1, REFUNDS_ALONE, 2, REFUNDS_ALONE],
        "purchases": [2, 0, 1, 0],
        "amount_minor": [10_000, -2_000, 6_000, -500],
    }
)
PERIOD = {"as_of": date(2024, 1, 10), "period_days": 5}


def test_refunds_without_an_order_lower_the_revenue_and_are_no_purchase() -> None:
    split = customers.revenue_split(DAYS, **PERIOD)
    assert split["kind"].tolist() == [1, 2, REFUNDS_ALONE]
    assert split["amount_minor"].tolist() == [0, 6_000, -500]
    assert split["amount_before_minor"].tolist() == [10_000, 0, -2_000]
    assert split["share"].tolist()[:2] == [0, 1], "of what was paid for orders"
    assert split["share"].isna().tolist() == [False, False, True]
    found = {
        metric.name: metric.value
        for metric in revenue_metrics(DAYS, currency="USD", is_before_known=True, **PERIOD)
    }
    assert found["revenue_all_5d_minor"] == 5_500
    assert found["revenue_all_5d_before_minor"] == 8_000
    assert found["revenue_refunds_alone_5d_minor"] == 500
    assert found["revenue_refunds_alone_5d_before_minor"] == 2_000
    now = Balance(3, 1, 1, 0, 0, 2, 1, 0, 1, 5_500)
    table = tables.balance_table(
        now, now._replace(amount_minor=8_000), split, period_days=5, currency="USD"
    )
    assert table.frame.iloc[-4:, 1:3].to_numpy().tolist() == [
        ["$55", "$80"],
        ["$0", "$100"],
        ["$60", "$0"],
        ["$5", "$20"],
    ]


def test_the_sentence_by_hand() -> None:
    said = returns_sentence(Returns(200, 500_000, 10, 12_345, 0.027, 0.09), currency="USD")
    assert said == (
        "Of 200 orders that are at least 30 days old, 10 had money go back within 30 days: 5.0% "
        "[2.7% to 9.0%]. That was $123 of the $5,000 paid for all of them (2.5%)."
    )
