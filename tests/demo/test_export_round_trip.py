"""The demo shop goes out in the layout of each cart and comes back as the same tables.

That the layouts are the carts' own is what `test_export_shapes` holds against public descriptions.
"""

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from analysis.demo import Plan, generate_shop
from analysis.demo.export import CARTS, export_shop
from analysis.demo.export.sales import COPIES, PREFECTURES
from analysis.demo.export.sheets import number_repeats
from analysis.ingest import import_files
from analysis.ingest.balance import Balance
from tests.demo.round_trip import (
    KEYS,
    PLAN,
    SHOP_FILE,
    SHOPIFY,
    Home,
    Trip,
    assert_same,
    expected_lines,
    expected_orders,
    order_ids,
    own,
    read_tables,
    records,
    written_customers,
)


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


def test_orders_come_back(home: Home, trip: Trip) -> None:
    found = own(trip.tables["orders"], home, trip.cart)
    assert_same(found, expected_orders(home, trip), ["order_id"])


def test_lines_come_back(home: Home, trip: Trip) -> None:
    expected = expected_lines(home, trip.cart)
    found = own(trip.tables["order_lines"], home, trip.cart)
    assert_same(found, expected, ["order_id", "line_no"])


def test_products_come_back(home: Home, trip: Trip) -> None:
    demo = read_tables(home.demo)
    sold = demo["products"][demo["products"]["product_id"].isin(demo["order_lines"]["product_id"])]
    if trip.cart == "ecforce":
        sold = sold.assign(product_name=sold["product_id"])
    assert_same(trip.tables["products"], sold, ["product_id"])


@pytest.mark.parametrize("cart", [*SHOPIFY, "eccube"])
def test_customers_come_back(home: Home, travel: Callable[[str], Trip], cart: str) -> None:
    trip = travel(cart)
    demo = read_tables(home.demo)
    names = dict(zip(order_ids(cart, demo["orders"]), demo["orders"]["customer_id"], strict=True))
    mapped = {names[k]: v for k, v in written_customers(home, trip).items() if k in names}
    expected = demo["customers"]
    expected["customer_id"] = expected["customer_id"].map(mapped)
    place = 0 if cart in SHOPIFY else 1
    expected["region"] = expected["region"].map({k: v[place] for k, v in PREFECTURES.items()})
    expected["source"], expected["line_optin"] = None, None
    if cart in SHOPIFY:
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


def assert_as_planted(balances: list[Balance], folder: Path) -> dict[str, Any]:
    """Hold balances against what the exporter worked out, and return that."""
    files = json.loads((folder / "expected.json").read_text())["files"]
    for balance in balances:
        found = balance._asdict()
        found["net_minor"] = balance.gross_minor - balance.refunds_minor
        planted = files[balance.source]
        assert {name: found[name] for name in planted} == planted, balance.source
    return files


def test_the_money_of_all_orders_is_what_was_sold_less_what_went_back(trip: Trip) -> None:
    planted = json.loads((trip.files[0].parent / "expected.json").read_text())["files"]
    orders = trip.tables["orders"]
    assert orders["amount_minor"].sum() == planted["orders.csv"]["net_minor"]


def test_tips_gift_cards_and_removed_lines_are_no_products(trip: Trip) -> None:
    lines = trip.tables["order_lines"]
    assert (lines["quantity"] > 0).all()
    assert not lines["product_id"].str.contains("Tip|Gift").any()


def test_refunds_keep_their_day_where_the_cart_says_it(travel: Callable[[str], Trip]) -> None:
    trip = travel("woocommerce")
    refunds = trip.tables["refunds"].merge(trip.tables["orders"], on="order_id")
    planted = json.loads((trip.files[0].parent / "expected.json").read_text())["files"]
    assert refunds["amount_minor_x"].sum() == planted["orders.csv"]["refunds_minor"] > 0
    assert (refunds["refunded_at"] - refunds["ordered_at"] == pd.Timedelta(days=1)).all()
    # The other carts do not say when, or not at all.
    assert "refunds" not in travel("shopify").tables or travel("shopify").tables["refunds"].empty


def test_the_planted_rows_are_set_aside_for_their_reasons(trip: Trip) -> None:
    files = assert_as_planted(trip.balances, trip.files[0].parent)
    for planted in files.values():
        own = [reason for reason in planted["reasons"] if "cells" not in reason]
        assert all(planted["reasons"][reason] >= COPIES for reason in own)
    faults = {fault for sheet in CARTS[trip.cart].sheets for fault in sheet.faults}
    assert len(faults) >= 8


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
    assert_as_planted(import_files(f"{cart}_months", files), folder)
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
def test_cells_are_written_into_columns_that_the_cart_has(cart: str) -> None:
    for sheet in CARTS[cart].sheets:
        columns = set(number_repeats(sheet.header))
        assert set(sheet.cells) <= columns
        for fault in sheet.faults.values():
            assert set(fault.cells) <= columns


def test_a_shop_of_several_portions_makes_one_file(home: Home, monkeypatch) -> None:
    monkeypatch.setattr("analysis.demo.portion.PORTION_CUSTOMERS", 20)
    (home.folder / "shops" / "portions.yaml").write_text(SHOP_FILE)
    home.use()
    written = export_shop("eccube", home.folder / "files" / "portions", Plan(customers=50))
    balances = import_files("portions", [one.file for one in written])
    found = {(b.source, b.rows_accepted, b.rows_set_aside) for b in balances}
    assert found == {(one.file.name, one.good, one.faulty) for one in written}
    assert {one.file.name: one.good for one in written}["customers.csv"] == 48


def test_the_same_plan_gives_the_same_files_and_another_seed_others(home: Home) -> None:
    texts = []
    for number, seed in enumerate((1, 1, 2)):
        folder = home.folder / "files" / f"seed-{number}"
        export_shop("shopify", folder, Plan(customers=30, seed=seed))
        texts.append([file.read_bytes() for file in sorted(folder.iterdir())])
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]
