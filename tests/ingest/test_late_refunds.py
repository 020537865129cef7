"""A refund that comes later changes an old order: the tables are those of a rebuild, byte for byte.

A report of the day before it says again what it said.
"""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analysis.ingest import import_files
from analysis.shop import open_shop

MAPPING = """\
mapping:
  order_id: Number
  customer_id: Client
  ordered_at: Date
  moments: [Changed]
  amount_plus: [Paid]
  refund: Back
  refunded_at: Back on
"""
HEADER = "Number,Client,Date,Paid,Changed,Back,Back on"
ORDERS = [
    f"o{day:02},c{day % 7},2024-0{1 + day // 28}-{1 + day % 28:02} 10:00:00,{1000 + day}"
    for day in range(80)
]
# Each export tells more: o05 partly paid back in March, later in full; a credit note in April.
SOLD = [f"{row},2024-03-25 09:00:00,," for row in ORDERS]
PARTLY = [f"{ORDERS[5]},2024-03-28 09:00:00,300,2024-03-27 12:00:00"]
IN_FULL = [f"{ORDERS[40]},2024-04-03 09:00:00,1040,2024-04-02 12:00:00"]
CREDIT_NOTE = [
    "o90,c1,2024-04-04 10:00:00,500,2024-04-04 10:00:00,,",
    "k1,c6,2024-04-05 10:00:00,-1006,2024-04-05 10:00:00,,",
    "k2,nobody,2024-04-06 10:00:00,-25,2024-04-06 10:00:00,,",
]
EXPORTS = (SOLD, PARTLY, IN_FULL, CREDIT_NOTE)


@pytest.fixture
def bring(shop: Path) -> Callable[..., None]:
    """Import exports, each as a file of its own, in one go."""
    file = shop / "shops" / "yen.yaml"
    file.write_text(file.read_text() + MAPPING)

    def put(*exports: list[str]) -> None:
        written = []
        for rows in exports:
            name = f"{rows[0].partition(',')[0]}.csv"
            written.append(shop / "files" / name)
            written[-1].write_text("\n".join([HEADER, *rows]) + "\n")
        # They hold what changed, and so less than the first: a person has looked.
        import_files("yen", written, accept=True)

    return put


def tables(shop: Path) -> dict[str, bytes]:
    current = (shop / "data" / "yen" / "current").resolve()
    names = ("orders", "refunds", "customer_day", "customer_keys")
    found = {name: current / f"{name}.parquet" for name in names}
    return {name: file.read_bytes() for name, file in found.items() if file.exists()}


def test_one_by_one_give_what_all_at_once_give(shop: Path, bring: Callable[..., None]) -> None:
    for number in range(1, len(EXPORTS) + 1):
        bring(EXPORTS[number - 1])
        one_by_one = tables(shop)
        kept = shop / "kept_aside"
        (shop / "data" / "yen").rename(kept)
        bring(*EXPORTS[:number])
        assert one_by_one == tables(shop), f"after export {number}"
        shutil.rmtree(shop / "data" / "yen")
        kept.rename(shop / "data" / "yen")


def revenue(day: str) -> int:
    shop = open_shop("yen", as_of=day)
    total = int(shop.reduce("revenue_by_purchase")["amount_minor"].sum())
    shop.engine.close()
    return total


def test_what_a_day_said_it_says_again(shop: Path, bring: Callable[..., None]) -> None:
    sold = sum(1000 + day for day in range(80))
    told = {}
    days = ("2024-03-26", "2024-03-31", "2024-04-03", "2024-04-06")
    for export, day in zip(EXPORTS, days, strict=True):
        bring(export)
        told[day] = revenue(day)
        assert {each: revenue(each) for each in told} == told
    assert told == {
        "2024-03-26": sold,
        "2024-03-31": sold - 300,
        "2024-04-03": sold - 300 - 1040,
        "2024-04-06": sold - 300 - 1040 + 500 - 1006 - 25,
    }
    refunds = pd.read_parquet(shop / "data" / "yen" / "current" / "refunds.parquet")
    assert refunds["order_id"].isna().tolist() == [False, False, False, True]
    assert refunds["refunded_at"].dt.date.tolist()[0] == date(2024, 3, 27)
