"""Every format that comes along, against small files whose truth was worked out by hand.

A folder holds a file as the cart writes it and `expected.yaml`: what its columns mean, counted and
added up by a person from the public description of the columns, never by the importer.
"""

import csv
import hashlib
import hmac
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from analysis.errors import DataError
from analysis.ingest import import_files
from analysis.ingest.layout_files import list_layouts
from analysis.ingest.recognize import fitting
from analysis.ingest.text import read_text

HERE = Path(__file__).parent
HEADERS = sorted((HERE.parent / "headers").glob("*.csv"))
SAMPLES = sorted(file.parent for file in HERE.glob("*/expected.yaml"))

SHOP_FILE = {"title": "Sample", "time_zone": "Asia/Tokyo", "as_of": "last_order", "reports": {}}


def truth(folder: Path) -> dict[str, Any]:
    return yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8"))


def of_kind(*keys: str) -> list[Any]:
    """The samples whose truth names one of the keys."""
    return [
        pytest.param(folder, id=folder.name)
        for folder in SAMPLES
        if any(key in truth(folder) for key in keys)
    ]


class Imported:
    """A sample that was imported into a shop of its own."""

    def __init__(self, folder: Path, shop: Path) -> None:
        self.expected = truth(folder)
        content = {**SHOP_FILE, "currency": self.expected["currency"], "source": {}}
        if "mapping" in self.expected:
            content["mapping"] = self.expected["mapping"]
        (shop / "shops" / "sample.yaml").write_text(yaml.safe_dump(content, allow_unicode=True))
        (self.file,) = folder.glob("*.csv")
        self.home = shop

    def run(self) -> None:
        (self.balance,) = import_files("sample", [self.file], accept=True)

    def rows(self, table: str, columns: str, order: str = "ALL") -> list[tuple]:
        file = self.home / "data" / "sample" / "current" / f"{table}.parquet"
        if not file.exists():
            return []
        return duckdb.sql(f"SELECT {columns} FROM '{file}' ORDER BY {order}").fetchall()

    def digest(self, address: str) -> str:
        key = bytes.fromhex((self.home / "data/private/customer_key").read_text())
        return hmac.new(key, address.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("folder", of_kind("orders"))
def test_orders_come_in_whole(folder: Path, shop: Path) -> None:
    sample = Imported(folder, shop)
    sample.run()
    expected = sample.expected
    orders = sample.rows("orders", "order_id, customer_id, amount_minor, purchase_type")
    lines = sample.rows("order_lines", "order_id, amount_minor")
    refunds = sample.rows("refunds", "order_id, amount_minor")
    loose = sum(amount for order, amount in refunds if order is None)
    found = {
        "orders": len(orders),
        "customers": len({customer for _, customer, _, _ in orders}),
        "net_minor": sum(amount for _, _, amount, _ in orders) - loose,
        "gross_minor": sample.balance.gross_minor,
        "refunds_minor": sample.balance.refunds_minor,
        "lines": len(lines),
        "subscription_orders": Counter(kind for *_, kind in orders)["subscription"],
        "set_aside": sample.balance.reasons,
    }
    assert found == {
        "orders": expected["orders"],
        "customers": expected["customers"],
        "net_minor": expected["gross_minor"] - expected["refunds_minor"],
        "gross_minor": expected["gross_minor"],
        "refunds_minor": expected["refunds_minor"],
        "lines": expected["lines"],
        "subscription_orders": expected.get("subscription_orders", 0),
        "set_aside": expected["set_aside"],
    }
    if "line_amount_minor" in expected:
        assert sum(amount for _, amount in lines) == expected["line_amount_minor"]
    for product, name in expected.get("products", {}).items():
        assert (product, name) in sample.rows("products", "product_id, product_name")


@pytest.mark.parametrize("folder", of_kind("refunds"))
def test_refunds_have_the_day_that_is_known(folder: Path, shop: Path) -> None:
    sample = Imported(folder, shop)
    sample.run()
    found = sample.rows("refunds", "order_id, CAST(refunded_at AS DATE), amount_minor", "2, 1")
    expected = sorted(sample.expected["refunds"], key=lambda row: row[1])
    assert [list(row) for row in found] == expected


@pytest.mark.parametrize("folder", of_kind("rows"))
def test_customers_come_in_whole(folder: Path, shop: Path) -> None:
    sample = Imported(folder, shop)
    sample.run()
    assert sample.balance.reasons == sample.expected["set_aside"]
    for column, values in sample.expected["rows"].items():
        found = [value for (value,) in sample.rows("customers", column)]
        assert Counter(found) == Counter(values), column


@pytest.mark.parametrize("folder", of_kind("subscriptions"))
def test_subscriptions_come_in_whole(folder: Path, shop: Path) -> None:
    sample = Imported(folder, shop)
    sample.run()
    assert sample.balance.reasons == sample.expected["set_aside"]
    columns = (
        "subscription_id, customer_id, CAST(started_at AS DATE), cycle_days, "
        "CAST(cancelled_at AS DATE), cancel_reason"
    )
    expected = [
        [number, sample.digest(who) if "@" in who else who, *rest]
        for number, who, *rest in sample.expected["subscriptions"]
    ]
    assert [list(row) for row in sample.rows("subscriptions", columns)] == expected
    columns = "subscription_id, CAST(event_at AS DATE), event, reason"
    events = [list(row) for row in sample.rows("subscription_events", columns)]
    assert events == sample.expected.get("events", [])


@pytest.mark.parametrize("folder", of_kind("refused"))
def test_a_file_that_cannot_be_read_says_what_can(folder: Path, shop: Path) -> None:
    sample = Imported(folder, shop)
    with pytest.raises(DataError, match=sample.expected["refused"]):
        sample.run()


@pytest.mark.parametrize("header", [pytest.param(file, id=file.stem) for file in HEADERS])
def test_a_header_is_taken_for_its_own_format_alone(header: Path, shop: Path) -> None:
    text = read_text(header, folder=shop / "files")
    fit = [name for name, one in list_layouts().items() if fitting(text.header, {name: one})]
    assert fit == [header.stem.partition(".")[0]]


def test_every_format_has_a_header_and_a_sample() -> None:
    formats = set(list_layouts())
    assert {header.stem.partition(".")[0] for header in HEADERS} >= formats
    headers = {
        tuple(next(csv.reader([header.read_text(encoding="utf-8")]))): header.stem.partition(".")[0]
        for header in HEADERS
    }
    sampled = set()
    for folder in SAMPLES:
        (file,) = folder.glob("*.csv")
        first = file.read_bytes().split(b"\r\n")[0]
        for encoding in ("utf-8-sig", "cp932"):
            try:
                line = first.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
        delimiter = max(",\t", key=line.count)
        sampled.add(headers[tuple(next(csv.reader([line], delimiter=delimiter)))])
    assert sampled >= formats
