"""The demo shop goes out in the layout of each cart and comes back as the same tables."""

import csv
import hashlib
import hmac
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd
import pytest

from analysis.demo import Plan, generate_shop
from analysis.demo.export import CARTS, export_shop
from analysis.demo.export.rakuten import DEVICES
from analysis.demo.export.sales import COPIES, PREFECTURES
from analysis.demo.export.sheets import number_repeats
from analysis.demo.export.shopify import SOURCES
from analysis.ingest import import_files
from analysis.ingest.balance import Balance

PLAN = Plan(customers=250, seed=3)
SHOP_FILE = """\
title: Exported
currency: JPY
time_zone: Asia/Tokyo
as_of: last_order
source: {}
reports: {}
"""
# Columns of an export's orders: number, customer number, address of mail.
KEYS = {
    "shopify": ("Name", None, "Email"),
    "eccube": ("注文番号", "会員ID", "メールアドレス"),
    "ecforce": ("受注番号", "顧客番号", "メールアドレス"),
    "rakuten": ("注文番号", None, "注文者メールアドレス"),
    "woocommerce": ("order_number", "customer_id", "billing_email"),
}
TABLES = ("orders", "order_lines", "products", "customers")


class Home(NamedTuple):
    """A home in which exports are imported, and the tables of the shop that they come from."""

    folder: Path
    demo: Path

    def use(self) -> None:
        os.environ["ANALYSIS_HOME"] = str(self.folder)

    def tables(self, shop: str) -> dict[str, pd.DataFrame]:
        return read_tables(self.folder / "data" / shop / "current")

    def digest(self, address: str) -> str:
        key = bytes.fromhex((self.folder / "data/private/customer_key").read_text())
        plain = address.strip().lower().encode()
        return hmac.new(key, plain, hashlib.sha256).hexdigest()


class Trip(NamedTuple):
    """An export and what came of it."""

    cart: str
    files: list[Path]
    balances: list[Balance]
    tables: dict[str, pd.DataFrame]


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    return {
        table: duckdb.sql(f"FROM '{folder / table}.parquet'").df()
        for table in TABLES
        if (folder / f"{table}.parquet").exists()
    }


def records(file: Path, cart: str) -> list[list[str]]:
    with file.open(encoding=CARTS[cart].encoding, newline="") as content:
        return list(csv.reader(content))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("exports")
    (folder / "shops").mkdir()
    for cart in CARTS:
        for shop in (cart, f"{cart}_months", f"{cart}_again"):
            (folder / "shops" / f"{shop}.yaml").write_text(SHOP_FILE)
    before = os.environ.get("ANALYSIS_HOME")
    home = Home(folder, folder / "data" / "demo" / "current")
    home.use()
    generate_shop("demo", PLAN)
    yield home
    if before is None:
        del os.environ["ANALYSIS_HOME"]
    else:
        os.environ["ANALYSIS_HOME"] = before


@pytest.fixture(scope="module")
def travel(home: Home) -> Callable[[str], Trip]:
    """Export the shop as a cart does and import what was written, once for each cart."""
    trips: dict[str, Trip] = {}

    def go(cart: str) -> Trip:
        if cart not in trips:
            home.use()
            written = export_shop(cart, home.folder / "files" / cart, PLAN)
            files = [one.file for one in written]
            balances = import_files(cart, files)
            trips[cart] = Trip(cart, files, balances, home.tables(cart))
        return trips[cart]

    return go


@pytest.fixture(params=list(CARTS))
def trip(request: pytest.FixtureRequest, travel: Callable[[str], Trip]) -> Trip:
    return travel(request.param)


def order_ids(cart: str, demo: pd.DataFrame) -> pd.Series:
    """Return the numbers that a cart gives the demo shop's orders."""
    parts = demo["order_id"].str.extract(r"D(\d+)-(\d+)").astype("int64")
    serial = parts[0] * 10_000 + parts[1]
    day = demo["ordered_at"].dt.strftime("%Y%m%d")
    return {
        "shopify": "#" + serial.astype(str),
        "ecforce": "E" + serial.astype(str),
        "rakuten": "000000-" + day + "-" + serial.astype(str).str.zfill(12),
    }.get(cart, serial.astype(str))


def written_customers(home: Home, trip: Trip) -> dict[str, str]:
    """Return order to customer, by the rules of an import applied to the cells of the file."""
    (file,) = (file for file in trip.files if file.stem == "orders")
    header, *rows = records(file, trip.cart)
    order, number, mail = (name and header.index(name) for name in KEYS[trip.cart])
    found = {}
    for row in rows:
        if len(row) == len(header) and row[mail]:
            known = row[number] if number is not None else ""
            found[row[order]] = known if known not in ("", "0") else home.digest(row[mail])
    return found


def expected_orders(home: Home, trip: Trip) -> pd.DataFrame:
    """Return the demo shop's orders as far as the layout can carry them."""
    cart, orders = trip.cart, read_tables(home.demo)["orders"]
    number = orders["customer_id"].str[1:].astype(int).astype(str)
    subscribed = orders["purchase_type"] == "subscription"
    orders["order_id"] = order_ids(cart, orders)
    who = orders["order_id"].map(written_customers(home, trip))
    people = pd.DataFrame({"demo": orders["customer_id"], "who": who}).drop_duplicates()
    assert people["demo"].is_unique
    assert people["who"].is_unique
    orders["customer_id"] = who
    if cart in ("eccube", "woocommerce"):
        orders["purchase_type"], orders["subscription_order_no"] = "one_off", pd.NA
    mark = {"ecforce": "T", "rakuten": "s-"}.get(cart)
    orders["subscription_id"] = (mark + number).where(subscribed) if mark else None
    if cart != "ecforce":
        orders["source"] = None
    if cart not in ("shopify", "woocommerce"):
        orders["coupon_code"] = None
    channels = {"shopify": SOURCES, "rakuten": DEVICES}.get(cart, {})
    orders["channel"] = orders["channel"].map(channels) if channels else None
    if cart == "ecforce":
        orders["ordered_at"] = orders["ordered_at"].dt.floor("min")
        orders["discount_minor"] = 0
    return orders


def expected_lines(home: Home, cart: str) -> pd.DataFrame:
    """Return the demo shop's lines as far as the layout can carry them."""
    demo = read_tables(home.demo)
    orders = demo["orders"].assign(new_id=order_ids(cart, demo["orders"])).set_index("order_id")
    lines = demo["order_lines"]
    order = orders.loc[lines["order_id"]].reset_index()
    # What was taken off the whole order stands in no line, but where the cart itself spreads it.
    gross = lines["amount_minor"] + order["discount_minor"].where(lines["line_no"] == 1, 0)
    if cart == "eccube":
        lines["amount_minor"] = gross
    if cart == "rakuten":
        lines["amount_minor"] = gross // lines["quantity"] * lines["quantity"]
    if cart == "ecforce":
        total = order["amount_minor"] + order["discount_minor"]
        parts = lines.groupby("order_id")["line_no"].transform("size")
        rest = (total % parts).where(lines["line_no"] == 1, 0)
        lines["amount_minor"], lines["quantity"] = total // parts + rest, 1
    lines["order_id"] = order["new_id"]
    return lines


def assert_same(found: pd.DataFrame, expected: pd.DataFrame, keys: list[str]) -> None:
    one, other = (
        frame.sort_values(keys, ignore_index=True)[list(found)].astype(object)
        for frame in (found, expected)
    )
    pd.testing.assert_frame_equal(one.where(one.notna(), None), other.where(other.notna(), None))


def clean(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of orders that are no copies with a cell that spreadsheets would run."""
    return table[~table["order_id"].str[0].isin(["=", "+", "-"])]


def test_orders_come_back(home: Home, trip: Trip) -> None:
    assert_same(clean(trip.tables["orders"]), expected_orders(home, trip), ["order_id"])


def test_lines_come_back(home: Home, trip: Trip) -> None:
    expected = expected_lines(home, trip.cart)
    assert_same(clean(trip.tables["order_lines"]), expected, ["order_id", "line_no"])


def test_products_come_back(home: Home, trip: Trip) -> None:
    demo = read_tables(home.demo)
    sold = demo["products"][demo["products"]["product_id"].isin(demo["order_lines"]["product_id"])]
    if trip.cart == "ecforce":
        sold = sold.assign(product_name=sold["product_id"])
    assert_same(trip.tables["products"], sold, ["product_id"])


@pytest.mark.parametrize("cart", ["shopify", "eccube"])
def test_customers_come_back(home: Home, travel: Callable[[str], Trip], cart: str) -> None:
    trip = travel(cart)
    demo = read_tables(home.demo)
    names = dict(zip(order_ids(cart, demo["orders"]), demo["orders"]["customer_id"], strict=True))
    mapped = {names[k]: v for k, v in written_customers(home, trip).items() if k in names}
    expected = demo["customers"]
    expected["customer_id"] = expected["customer_id"].map(mapped)
    place = 0 if cart == "shopify" else 1
    expected["region"] = expected["region"].map({k: v[place] for k, v in PREFECTURES.items()})
    expected["source"], expected["line_optin"] = None, None
    if cart == "shopify":
        expected["registered_at"], expected["birth_year"] = pd.NaT, None
    else:
        # Guests have no number, so that they are in orders only.
        expected = expected[expected["customer_id"].str.len() < 64]
        expected["email_optin"], expected["sms_optin"] = None, None
    assert_same(trip.tables["customers"], expected, ["customer_id"])


def test_cells_that_spreadsheets_would_run_are_kept_as_text(trip: Trip) -> None:
    for table in ("orders", "order_lines"):
        found = trip.tables[table]["order_id"]
        assert found[found.str[0].isin(["=", "+", "-"])].nunique() == COPIES


def test_the_planted_rows_are_set_aside_for_their_reasons(trip: Trip) -> None:
    expected = json.loads((trip.files[0].parent / "expected.json").read_text())
    for balance in trip.balances:
        planted = expected["files"][balance.source]
        found = balance._asdict()
        assert {name: found[name] for name in planted} == planted
        own = [reason for reason in planted["reasons"] if "cells" not in reason]
        assert all(planted["reasons"][reason] >= COPIES for reason in own)
    faults = {fault for sheet in CARTS[trip.cart].sheets for fault in sheet.faults}
    assert len(faults) >= 10


def test_rows_that_were_set_aside_are_found_where_the_record_says(home: Home, trip: Trip) -> None:
    aside = duckdb.sql(
        f"FROM '{home.folder / 'data' / trip.cart / 'current'}/set_aside.parquet' "
        "WHERE table_name = 'orders' AND content <> ''"
    ).df()
    (file,) = (file for file in trip.files if file.stem == "orders")
    rows = records(file, trip.cart)
    place = rows[0].index(KEYS[trip.cart][0])
    assert len(aside) > COPIES
    for row_no, content in zip(aside["row_no"], aside["content"], strict=True):
        number = rows[row_no - 1][place]
        assert content.startswith(number or rows[row_no - 1][0])


@pytest.mark.parametrize("cart", list(CARTS))
def test_monthly_files_in_any_order_and_again_give_the_same(
    home: Home, travel: Callable[[str], Trip], cart: str
) -> None:
    whole = travel(cart).tables
    home.use()
    folder = home.folder / "files" / f"{cart}_months"
    files = [written.file for written in export_shop(cart, folder, PLAN, months=5)]
    assert {"orders_2025-08.csv", "orders_2025-12.csv"} < {file.name for file in files}
    expected = json.loads((folder / "expected.json").read_text())
    for balance in import_files(f"{cart}_months", files):
        found = balance._asdict()
        planted = expected["files"][balance.source]
        assert {name: found[name] for name in planted} == planted, balance.source
    once = home.tables(f"{cart}_months")
    shuffled = random.Random(cart).sample(files, len(files))
    for some in (shuffled[3:], shuffled[:4]):
        import_files(f"{cart}_again", some)
    for table, frame in home.tables(f"{cart}_again").items():
        pd.testing.assert_frame_equal(frame, once[table])
    since = pd.Timestamp("2025-07-25")
    recent = whole["orders"][whole["orders"]["ordered_at"] >= since].reset_index(drop=True)
    pd.testing.assert_frame_equal(once["orders"], recent)
    shutil.rmtree(folder)


def test_people_of_the_export_stay_outside(home: Home, trip: Trip) -> None:
    written = "\n".join(
        repr(duckdb.sql(f"FROM '{file}'").fetchall())
        for file in (home.folder / "data" / trip.cart).rglob("*.parquet")
    )
    everything = "\n".join(
        file.read_text(encoding=CARTS[trip.cart].encoding) for file in trip.files
    )
    for person in ("example.com", "架空町", "090-0000", "0900000", "髙橋", "オモテ", "Mozilla"):
        assert person not in written, person
    assert "髙橋" in everything or trip.cart == "ecforce"


@pytest.mark.parametrize("cart", list(CARTS))
def test_columns_are_those_of_the_cart(cart: str) -> None:
    headers = Path(__file__).parents[1] / "ingest" / "headers"
    names = {"orders": f"{cart}_orders", "customers": f"{cart}_customers"}
    if cart == "eccube":
        names["customers"] = "eccube_members"
    for sheet in CARTS[cart].sheets:
        known = (headers / f"{names[sheet.table]}.csv").read_text(encoding="utf-8").strip()
        assert ",".join(sheet.header) == known
        assert set(sheet.cells) <= set(number_repeats(sheet.header))
        for fault in sheet.faults.values():
            assert set(fault.cells) <= set(number_repeats(sheet.header))


def test_a_shop_of_several_portions_makes_one_file(home: Home, monkeypatch) -> None:
    monkeypatch.setattr("analysis.demo.portion.PORTION_CUSTOMERS", 20)
    (home.folder / "shops" / "portions.yaml").write_text(SHOP_FILE)
    home.use()
    written = export_shop("eccube", home.folder / "files" / "portions", Plan(customers=50))
    balances = import_files("portions", [one.file for one in written])
    found = {(b.source, b.rows_accepted, b.rows_set_aside) for b in balances}
    assert found == {(one.file.name, one.good, one.faulty) for one in written}
    assert {one.file.name: one.good for one in written}["customers.csv"] == 45


def test_the_same_plan_gives_the_same_files_and_another_seed_others(home: Home) -> None:
    texts = []
    for number, seed in enumerate((1, 1, 2)):
        folder = home.folder / "files" / f"seed-{number}"
        export_shop("shopify", folder, Plan(customers=30, seed=seed))
        texts.append([file.read_bytes() for file in sorted(folder.iterdir())])
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]
