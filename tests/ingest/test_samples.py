"""The sample shops, against what is published of them and what an independent reader counts."""

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from analysis.ingest import shop_import
from analysis.shop import open_shop, read_shop


def tables(samples: Path, shop: str) -> dict[str, str]:
    folder = samples / "data" / shop / "current"
    return {file.stem: str(file) for file in folder.glob("*.parquet")}


def test_cdnow_master_is_whole(samples: Path) -> None:
    (balance,) = open_shop("cdnow").record["balance"]
    assert (balance["rows_read"], balance["rows_accepted"]) == (69_659, 69_659)
    counted = duckdb.sql(
        f"SELECT count(*), count(DISTINCT customer_id), min(ordered_at), max(ordered_at), "
        f"sum(CAST(amount_minor = 0 AS INT)) FROM '{tables(samples, 'cdnow')['orders']}'"
    ).fetchall()[0]
    assert counted[:2] == (69_659, 23_570)
    assert [moment.date() for moment in counted[2:4]] == [date(1997, 1, 1), date(1998, 6, 30)]
    assert counted[4] == 80


def test_cdnow_money_equals_the_file_to_the_cent(samples: Path) -> None:
    lines = shop_import.source_file(read_shop("cdnow")).read_text().split("\n")[1:]
    cents = sum(round(float(line.split()[-1]) * 100) for line in lines if line.strip())
    assert open_shop("cdnow").engine.scalar("period", as_of=date.max)["amount_minor"] == cents


def test_cdnow_sample_is_one_customer_in_ten(samples: Path) -> None:
    part = set(open_shop("cdnow_sample").reduce("btyd_summary")["customer_id"])
    whole = set(open_shop("cdnow").reduce("btyd_summary")["customer_id"])
    assert len(part) == 2_357
    assert part < whole


def test_groceries_balance(samples: Path) -> None:
    (balance,) = open_shop("groceries").record["balance"]
    assert balance["rows_read"] == 1_469_307
    assert balance["reasons"] == {"quantity is zero": 8_869}
    assert balance["rows_accepted"] == 1_469_307 - 8_869


def test_groceries_orders_equal_their_lines(samples: Path) -> None:
    files = tables(samples, "groceries")
    different = duckdb.sql(
        f"SELECT count(*) FROM '{files['orders']}' AS o JOIN ("
        f"SELECT order_id, sum(amount_minor) AS amount_minor FROM '{files['order_lines']}' "
        f"GROUP BY order_id) AS l USING (order_id) WHERE o.amount_minor <> l.amount_minor"
    ).fetchall()[0]
    assert different == (0,)
    names = duckdb.sql(
        f"SELECT count(DISTINCT order_id), count(DISTINCT customer_id) FROM '{files['orders']}'"
    ).fetchall()[0]
    assert names == (155_518, 2_469)


def test_groceries_money_equals_an_independent_sum(samples: Path) -> None:
    source = pd.read_parquet(shop_import.source_file(read_shop("groceries")))
    kept = source[source["quantity"] > 0]
    cents = int((kept["sales_value"] * 100).round().sum())
    assert open_shop("groceries").engine.scalar("period", as_of=date.max)["amount_minor"] == cents


@pytest.mark.parametrize(("hour", "share"), [(3, 0.003), (17, 0.08)])
def test_groceries_clock_is_the_stores_own(samples: Path, hour: int, share: float) -> None:
    # In the file's UTC the stores seem busiest at 22:00 and empty at 8:00, which they are at 3:00.
    orders = tables(samples, "groceries")["orders"]
    found = duckdb.sql(
        f"SELECT avg(CAST(hour(ordered_at) = {hour} AS INT)) FROM '{orders}'"
    ).fetchall()[0][0]
    assert found < 0.005 if share < 0.01 else found > share


def test_groceries_end_with_the_year(samples: Path) -> None:
    shop = open_shop("groceries")
    assert (shop.first_day, shop.last_day) == (date(2017, 1, 1), date(2017, 12, 31))
