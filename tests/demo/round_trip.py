"""What an export of the demo shop has to become: its tables, as far as a cart carries them."""

import csv
import hashlib
import hmac
import os
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd

from analysis.demo import Plan
from analysis.demo.export import CARTS
from analysis.demo.export.rakuten import DEVICES
from analysis.demo.export.shopify import SOURCES
from analysis.ingest.balance import Balance

PLAN = Plan(customers=250, seed=3)
SHOP_FILE = """\
title: Exported
currency: JPY
time_zone: Asia/Tokyo
as_of: last_order
source: {}
reports: {}
# An export of the demo shop is full of faults.
expected_set_aside: 0.5
"""
# Columns of an export's orders: number, customer number, address of mail.
KEYS = {
    "shopify": ("Name", None, "Email"),
    "shopify_appstle": ("Name", None, "Email"),
    "eccube": ("注文番号", "会員ID", "メールアドレス"),
    "ecforce": ("受注番号", "顧客番号", "メールアドレス"),
    "rakuten": ("注文番号", None, "注文者メールアドレス"),
    "woocommerce": ("order_number", "customer_id", "billing_email"),
    "woocommerce_skyverge": ("order_number", "customer_id", "billing_email"),
}
SHOPIFY = ("shopify", "shopify_appstle")
TABLES = ("orders", "order_lines", "products", "customers", "subscriptions", "refunds")


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


def md5(kind: str, numbers: pd.Series) -> pd.Series:
    return numbers.map(lambda number: hashlib.md5(f"{kind}{number}".encode()).hexdigest()[:10])


def order_ids(cart: str, demo: pd.DataFrame) -> pd.Series:
    """Return the numbers that a cart gives the demo shop's orders."""
    parts = demo["order_id"].str.extract(r"D(\d+)-(\d+)").astype("int64")
    serial = parts[0] * 10_000 + parts[1]
    day = demo["ordered_at"].dt.strftime("%Y%m%d")
    return {
        "shopify": "#" + serial.astype(str),
        "shopify_appstle": "#" + serial.astype(str),
        "ecforce": md5("order", serial),
        "rakuten": "000000-" + day + "-" + serial.astype(str).str.zfill(10),
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
    began = read_tables(home.demo)["subscriptions"].set_index("customer_id")["started_at"]
    day = orders["customer_id"].map(began).dt.strftime("%Y%m%d")
    orders["order_id"] = order_ids(cart, orders)
    who = orders["order_id"].map(written_customers(home, trip))
    people = pd.DataFrame({"demo": orders["customer_id"], "who": who}).drop_duplicates()
    assert people["demo"].is_unique
    assert people["who"].is_unique
    orders["customer_id"] = who
    if cart == "eccube":
        orders["purchase_type"], orders["subscription_order_no"] = "one_off", pd.NA
    counts = orders["subscription_order_no"]
    if cart in ("woocommerce", "woocommerce_skyverge"):
        orders["subscription_order_no"] = pd.NA
    if cart == "shopify_appstle":
        orders["subscription_order_no"] = counts.where(counts == 1)
    whole = number.astype(int)
    numbers = {
        # Shopify has no number of a subscription: it is the customer's first.
        "shopify": who + "/1",
        "shopify_appstle": (whole + 9_000_000_000).astype(str),
        "ecforce": md5("subscription", number),
        "rakuten": "000000-" + day + "-" + number.str.zfill(8) + "-r",
        "woocommerce": (whole * 10_000 + 9_999).astype(str),
        "woocommerce_skyverge": (whole * 10_000 + 9_999).astype(str),
    }
    orders["subscription_id"] = numbers[cart].where(subscribed) if cart in numbers else None
    if cart not in ("ecforce", "woocommerce"):
        orders["source"] = None
    if cart in ("eccube", "ecforce", "rakuten"):
        orders["coupon_code"] = None
    channels = SOURCES if cart in SHOPIFY else {"rakuten": DEVICES}.get(cart, {})
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


def own(table: pd.DataFrame, home: Home, cart: str) -> pd.DataFrame:
    """Return the rows of the shop's own orders, without copies in which something is planted."""
    return table[table["order_id"].isin(order_ids(cart, read_tables(home.demo)["orders"]))]
