"""Ledgers: written once, sealed, joined to the shop's assignments, and never assigned twice."""

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from analysis.cli import main
from analysis.errors import DataError
from analysis.ledger import append_ledger, broken_seals, ledger_files, ledger_folder
from analysis.paths import data_folder
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


def test_ledgers_are_for_their_owner_alone(home: Path) -> None:
    append_ledger("tiny", batch(["a"]))
    private = home / "data/private"
    folders = [private, private / "ledgers", private / "ledgers/tiny"]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
    files = [path for path in folders[-1].iterdir() if path.name != ".lock"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


_KILLED_AT = """
import os, sys
import test_ledger
from analysis import ledger
def kill(*_, **__):
    os.kill(os.getpid(), 9)
owner, name = (ledger.os, "link") if sys.argv[1] == "link" else (ledger.Path, sys.argv[1])
setattr(owner, name, kill)
ledger.append_ledger("tiny", test_ledger.batch(["a", "b"]))
"""


@pytest.mark.parametrize("step", ["link", "write_text", "chmod", "unlink"])
def test_a_batch_is_there_with_its_seal_or_not_at_all(home: Path, step: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _KILLED_AT, step], cwd=Path(__file__).parent, check=False
    )
    assert done.returncode == -9
    assert len(ledger_files("tiny")) == (step == "unlink")
    assert broken_seals("tiny", "boots") == []
    append_ledger("tiny", batch(["c", "d"]))
    assert broken_seals("tiny", "boots") == []
    assert not list(ledger_folder("tiny").glob(".*.draft"))


def test_batches_written_at_once_get_numbers_of_their_own(home: Path) -> None:
    batches = [batch([f"c{n}", f"d{n}"]) for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        files = {file.name for file in pool.map(partial(append_ledger, "tiny"), batches)}
    assert len(files) == 6
    assert broken_seals("tiny", "boots") == []


def test_the_number_of_a_batch_that_is_gone_is_not_used_again(home: Path) -> None:
    first = append_ledger("tiny", batch(["a"]))
    append_ledger("tiny", batch(["b"]))
    first.unlink()
    assert append_ledger("tiny", batch(["c"])).name == "boots.0003.parquet"


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


def test_people_assigned_under_an_address_are_found_by_the_number_that_came_later(
    home: Path,
) -> None:
    """A guest is in a test; then an order tells the guest's number."""
    (home / "shops" / "guests.yaml").write_text(
        "title: Guests\ncurrency: USD\ntime_zone: UTC\nas_of: last_order\namount_rule: paid\n"
        "source: {}\nreports: {}\nmapping: {order_id: Order, customer_id: Customer, email: Mail, "
        "ordered_at: Day, amount_plus: [Paid]}\n"
    )
    head = "Order,Customer,Mail,Day,Paid\n"
    first, second = home / "first.csv", home / "second.csv"
    first.write_text(f"{head}1,,ann@example.com,2024-05-02,10\n2,b,,2024-06-02,10\n")
    second.write_text(f"{head}3,a7,ann@example.com,2024-06-05,20\n")
    assert main(["import", "--shop", "guests", str(first)]) == 0
    (guest,) = set(customers("guests")) - {"b"}
    append_ledger("guests", batch([guest, "b"]))
    assert assigned("guests") == [("boots", customer) for customer in sorted([guest, "b"])]
    assert main(["import", "--shop", "guests", str(second)]) == 0
    assert customers("guests") == ["a7", "b"]
    assert assigned("guests") == [("boots", "a7"), ("boots", "b")]
    # The same person, assigned again under the number, counts once: as the first time.
    again = batch(["a7"]).assign(arm="control", assigned_at=pd.Timestamp("2024-06-02"))
    append_ledger("guests", again)
    assert assigned("guests") == [("boots", "a7"), ("boots", "b")]


def customers(shop: str) -> list[str]:
    file = data_folder() / shop / "current" / "orders.parquet"
    return sorted(pd.read_parquet(file)["customer_id"].unique())
