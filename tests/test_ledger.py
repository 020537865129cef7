"""Ledgers: written once, sealed, joined to the shop's assignments, and never assigned twice."""

import stat
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.ledger import append_ledger, broken_seals, ledger_files
from analysis.shop import open_shop


def batch(customers: list[str], campaign: str = "boots") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "campaign_id": campaign,
            "customer_id": customers,
            "arm": "treatment",
            "assigned_at": pd.Timestamp("2024-06-01 10:00"),
        }
    )


def assigned(shop: str) -> list[tuple]:
    opened = open_shop(shop)
    return [
        (campaign, customer)
        for campaign in opened.reduce("campaign_ledger")["campaign_id"].unique()
        for customer in opened.reduce(
            "campaign_customers", campaign_id=campaign, pre_period_days=1
        )["customer_id"]
    ]


def test_batches_are_added_and_joined_to_the_shop(home: Path) -> None:
    first = append_ledger("tiny", batch(["b", "a"]))
    append_ledger("tiny", batch(["c"]))
    append_ledger("tiny", batch(["a"], "shirts"))
    assert [file.name for file in ledger_files("tiny", "boots")] == [
        "boots.0001.parquet",
        "boots.0002.parquet",
    ]
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert assigned("tiny") == [("boots", "a"), ("boots", "b"), ("boots", "c"), ("shirts", "a")]
    assert not list(first.parent.glob("*.draft"))


def test_the_ledger_stands_over_an_imported_copy_of_it(home: Path) -> None:
    append_ledger("tiny", batch(["a", "b"]))
    import duckdb

    old = pd.concat([batch(["a"]), batch(["z"], "past")])  # noqa: F841
    target = home / "data" / "tiny" / "current" / "assignments.parquet"
    duckdb.sql("SELECT * FROM old").write_parquet(str(target))
    assert assigned("tiny") == [("boots", "a"), ("boots", "b"), ("past", "z")]


def test_nobody_is_assigned_twice(home: Path) -> None:
    append_ledger("tiny", batch(["a", "b"]))
    with pytest.raises(DataError, match="1 customers are in the ledger of campaign 'boots' alread"):
        append_ledger("tiny", batch(["b", "c"]))
    with pytest.raises(DataError, match="assigns 1 customers twice"):
        append_ledger("tiny", batch(["d", "d"]))
    assert len(ledger_files("tiny")) == 1


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (batch(["a"]).drop(columns="arm"), "lacks the column 'arm'"),
        (batch(["a"]).assign(arm=None), "Column 'arm' of the ledger is missing in 1 rows"),
        (pd.concat([batch(["a"]), batch(["b"], "x")]), "names 2 campaigns, must name one"),
    ],
)
def test_incomplete_ledgers_are_refused(home: Path, frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        append_ledger("tiny", frame)


def test_an_edited_ledger_is_noticed(home: Path) -> None:
    file = append_ledger("tiny", batch(["a", "b"]))
    assert broken_seals("tiny", "boots") == []
    file.write_bytes(file.read_bytes() + b" ")
    assert broken_seals("tiny", "boots") == ["boots.0001.parquet"]
    seal = file.with_name(file.name + ".sha256")
    seal.unlink()
    assert broken_seals("tiny", "boots") == ["boots.0001.parquet"]
