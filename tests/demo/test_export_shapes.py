"""The files of each cart look as public descriptions and real exports show them.

Nothing here asks the exporters or the importer what a file looks like.
"""

import csv
import io
import re
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from analysis.demo import Plan
from analysis.demo.export import CARTS, export_shop
from tests.demo.public_columns import COLUMNS, names

PLAN = Plan(customers=200, seed=4)
# How each cart encodes its files, and how a row of them ends.
ENCODED = {
    "shopify": ("utf-8", "\n"),
    "shopify_appstle": ("utf-8", "\n"),
    "eccube": ("cp932", "\n"),
    "ecforce": ("utf-8-sig", "\r\n"),
    "rakuten": ("cp932", "\r\n"),
    "woocommerce": ("utf-8", "\n"),
    "woocommerce_skyverge": ("utf-8", "\n"),
}
Row = dict[str, str]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("shapes")
    for cart in CARTS:
        export_shop(cart, base / cart, PLAN)
    return {cart: base / cart for cart in CARTS}


def records(folders: dict[str, Path], cart: str, file: str = "orders.csv") -> list[list[str]]:
    text = (folders[cart] / file).read_bytes().decode(ENCODED[cart][0])
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    # The last row of the orders is planted: cut off in its first cell.
    return [row for row in rows if len(row) == len(rows[0])]


def read(folders: dict[str, Path], cart: str, file: str = "orders.csv") -> list[Row]:
    header, *rows = records(folders, cart, file)
    # A name that comes twice is told from the first by a mark.
    unique = [
        name if name not in header[:place] else f"{name}'" for place, name in enumerate(header)
    ]
    return [dict(zip(unique, row, strict=True)) for row in rows]


def by_order(rows: list[Row], number: str) -> list[list[Row]]:
    orders: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row[number]:
            orders[row[number]].append(row)
    return list(orders.values())


def own(rows: list[Row], number: str, digits: str) -> list[list[Row]]:
    """Return the shop's own orders: planted copies have numbers of their own."""
    return [
        order
        for order in by_order(rows, number)
        if re.fullmatch(digits, order[0][number]) and int(order[0][number][-4:]) < 5000
    ]


@pytest.mark.parametrize(("cart", "file"), list(COLUMNS))
def test_columns_are_the_public_ones(folders: dict[str, Path], cart: str, file: str) -> None:
    assert records(folders, cart, file)[0] == names(COLUMNS[cart, file])


@pytest.mark.parametrize("cart", list(CARTS))
def test_each_cart_writes_the_files_that_it_has(folders: dict[str, Path], cart: str) -> None:
    files = {file for name, file in COLUMNS if name == cart}
    assert {file.name for file in folders[cart].iterdir()} == {*files, "expected.json"}


@pytest.mark.parametrize("cart", list(CARTS))
def test_files_are_encoded_as_the_cart_does(folders: dict[str, Path], cart: str) -> None:
    encoding, line_end = ENCODED[cart]
    content = (folders[cart] / "orders.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")
    header = content.partition(b"\n")[0]
    assert header.endswith(b"\r") == (line_end == "\r\n")
    assert content.decode(encoding)


SHOPIFY_EVERY_ROW = {
    "Name", "Email", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price",
    "Lineitem requires shipping", "Lineitem taxable", "Lineitem fulfillment status",
    "Lineitem discount", "Vendor",
}  # fmt: skip
SHOPIFY_FIRST_ROW = {
    "Financial Status", "Paid at", "Fulfillment Status", "Accepts Marketing", "Currency",
    "Subtotal", "Shipping", "Taxes", "Total", "Discount Amount", "Shipping Method",
    "Billing Name", "Billing Address1", "Billing Zip", "Billing Country", "Shipping Name",
    "Payment Method", "Refunded Amount", "Outstanding Balance", "Id", "Tags", "Risk Level",
    "Source", "Phone",
}  # fmt: skip


def test_shopify_leaves_an_orders_own_cells_blank_on_further_rows(folders) -> None:
    orders = own(read(folders, "shopify"), "Name", r"#\d+")
    several = [order for order in orders if len(order) > 1]
    assert len(several) > 50
    for first, *further in several:
        assert all(first[column] for column in SHOPIFY_EVERY_ROW | SHOPIFY_FIRST_ROW)
        for row in further:
            filled = {column for column, cell in row.items() if cell}
            assert filled - {"Lineitem sku"} == SHOPIFY_EVERY_ROW
            assert [row[name] for name in ("Email", "Created at")] == [
                first[name] for name in ("Email", "Created at")
            ]


def test_shopify_keeps_the_rows_of_an_order_together(folders) -> None:
    numbers = [row["Name"] for row in read(folders, "shopify") if row["Name"]]
    changes = [number for number, before in zip(numbers, ["", *numbers], strict=False)
               if number != before]  # fmt: skip
    assert len(changes) == len(set(numbers))


def test_shopify_says_times_with_their_zone_and_yen_without_decimals(folders) -> None:
    for first, *_further in own(read(folders, "shopify"), "Name", r"#\d+"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0900", first["Created at"])
        assert re.fullmatch(r"\d+", first["Total"])


def test_shopify_lines_add_up_to_the_subtotal(folders) -> None:
    for order in own(read(folders, "shopify"), "Name", r"#\d+"):
        lines = sum(
            int(row["Lineitem price"]) * int(row["Lineitem quantity"])
            - int(row["Lineitem discount"])
            for row in order
        )
        assert lines == int(order[0]["Subtotal"]) == int(order[0]["Total"])


def test_shopify_tags_are_those_of_skio(folders) -> None:
    tags = {order[0]["Tags"] for order in own(read(folders, "shopify"), "Name", r"#\d+")}
    assert "Subscription First Order, Subscription Order: 1" in tags
    assert "Subscription Order: 2, Subscription Recurring Order" in tags
    # The bare one is another app's.
    assert not any("Subscription" in tag.split(", ") for tag in tags)


def test_shopify_has_lines_that_are_no_goods(folders) -> None:
    orders = by_order(read(folders, "shopify"), "Name")
    tipped = [order for order in orders if any(row["Lineitem name"] == "Tip" for row in order)]
    cards = [order for order in orders if any("Gift Card" in row["Lineitem name"] for row in order)]
    removed = [order for order in orders if any(row["Lineitem quantity"] == "0" for row in order)]
    assert min(map(len, (tipped, cards, removed))) >= 3
    for order in tipped:
        (tip,) = (row for row in order if row["Lineitem name"] == "Tip")
        total, subtotal = int(order[0]["Total"]), int(order[0]["Subtotal"])
        assert total == subtotal + int(tip["Lineitem price"])
        assert tip["Lineitem sku"] == ""
    for order in cards:
        alone = len(order) == 1
        assert int(order[0]["Total"]) == int(order[0]["Subtotal"])
        assert int(order[0]["Total"]) == 5000 if alone else int(order[0]["Total"]) > 5000
    assert {len(order) == 1 for order in cards} == {True, False}
    for order in removed:
        (gone,) = (row for row in order if row["Lineitem quantity"] == "0")
        assert int(gone["Lineitem price"]) > 0
    back = [order[0] for order in orders if order[0]["Financial Status"] == "partially_refunded"]
    assert len(back) >= 3
    assert all(0 < int(row["Refunded Amount"]) < int(row["Total"]) for row in back)
    assert any(order[0]["Payment Method"] == "(for testing) Bogus Gateway" for order in orders)


def test_appstle_tags_orders_without_counting_them(folders) -> None:
    orders = own(read(folders, "shopify_appstle"), "Name", r"#\d+")
    tags = {order[0]["Tags"] for order in orders}
    kinds = ("appstle_subscription_first_order", "appstle_subscription_recurring_order")
    assert tags == {"spring", *kinds}
    named = {order[0]["Name"]: order[0] for order in orders}
    rows = read(folders, "shopify_appstle", "subscriptions.csv")
    assert {row["Status"] for row in rows} == {"active", "cancelled", "paused"}
    for row in rows:
        first, last = named[row["First order name"]], named[row["Last order name"]]
        assert first["Tags"] == kinds[0]
        assert last["Tags"] == kinds[row["Total renewals till date"] != "0"]
        assert first["Email"].strip().lower() == row["Customer email"]
        assert bool(row["Cancellation date"]) == (row["Status"] == "cancelled")
        assert bool(row["Paused on date"]) == (row["Status"] == "paused")


def test_webtoffee_writes_an_order_a_row_with_its_products_in_cells(folders) -> None:
    rows = read(folders, "woocommerce")
    item = re.compile(
        r"name:(.+)\|product_id:(\d+)\|sku:(\w*)\|quantity:(\d+)\|total:([\d.]+)\|sub_total:([\d.]+)"
    )
    for (row,) in own(rows, "order_id", r"\d+"):
        assert row["cart_discount"] == row["order_discount"] == row["discount_total"]
        assert re.fullmatch(r"\d+\.\d\d", row["order_total"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row["order_date"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00", row["paid_date"])
        items = [item.fullmatch(row[cell]) for cell in ("line_item_1", "line_item_2") if row[cell]]
        assert sum(float(one[5]) for one in items if one) == float(row["order_total"])
        assert sum(float(one[6]) for one in items if one) == float(row["order_subtotal"])
        # A guest has no account, so no address of one.
        assert (row["customer_id"] == "0") == (row["customer_email"] == "")
        assert row["billing_email"]


def test_webtoffee_says_what_was_paid_back_and_when(folders) -> None:
    refunds = [row["refund_items"] for row in read(folders, "woocommerce") if row["refund_items"]]
    assert len(refunds) >= 6
    one = r"amount:\d+\|reason:[^|;]*\|date:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert all(re.fullmatch(f"{one}(;{one})*", refund) for refund in refunds)


def parsed(moment: str) -> datetime:
    return datetime.strptime(moment, "%Y-%m-%d %H:%M:%S")


def test_webtoffee_subscriptions_name_their_orders_and_say_times_in_utc(folders) -> None:
    orders = {row["order_id"]: row for row in read(folders, "woocommerce")}
    rows = read(folders, "woocommerce", "subscriptions.csv")
    assert {row["subscription_status"] for row in rows} == {"active", "cancelled", "on-hold"}
    for row in rows:
        taken = [row["post_parent"], *filter(None, row["renewal_orders"].split("|"))]
        assert all(orders[order]["customer_id"] == row["customer_id"] for order in taken)
        days = [orders[order]["order_date"] for order in taken]
        assert days == sorted(days)
        shift = parsed(days[0]) - parsed(row["date_created"])
        assert timedelta(hours=9) == shift
        assert parsed(days[-1]) - parsed(row["last_order_date_created"]) == timedelta(hours=9)
        assert (row["end_date"] == "0") == (row["subscription_status"] != "cancelled")
        assert (row["billing_period"], row["trial_end_date"]) == ("day", "0")
        assert row["billing_interval"] in ("30", "60", "90")


def test_official_subscriptions_have_prefixed_states_and_no_day_of_cancellation(folders) -> None:
    rows = read(folders, "woocommerce_skyverge", "subscriptions.csv")
    states = {row["subscription_status"] for row in rows}
    assert states == {"wc-active", "wc-cancelled", "wc-on-hold"}
    assert not any(row["cancelled_date"] for row in rows)
    for row in rows:
        assert (row["end_date"] == "0") == (row["subscription_status"] != "wc-cancelled")


SKYVERGE_ITEM = {
    "item_id", "item_product_id", "item_name", "item_sku", "item_quantity", "item_subtotal",
    "item_total", "item_refunded",
}  # fmt: skip


def test_skyverge_repeats_an_order_on_the_row_of_each_item(folders) -> None:
    orders = own(read(folders, "woocommerce_skyverge"), "order_id", r"\d+")
    assert sum(len(order) > 1 for order in orders) > 50
    for order in orders:
        for column in set(order[0]) - SKYVERGE_ITEM:
            assert len({row[column] for row in order}) == 1, column
        total, discount = (float(order[0][name]) for name in ("order_total", "discount_total"))
        rows = {row["item_id"]: row for row in order}.values()
        assert sum(float(row["item_total"]) for row in rows) == total
        assert sum(float(row["item_subtotal"]) for row in rows) == total + discount


def test_eccube_writes_each_detail_of_an_order_with_the_totals_on_all(folders) -> None:
    orders = own(read(folders, "eccube"), "注文番号", r"\d+")
    detail = {
        "注文詳細ID", "商品ID", "商品規格ID", "商品名", "商品コード", "価格", "個数", "税率",
        "明細区分(ID)", "明細区分(名称)",
    }  # fmt: skip
    numbers = [row["注文詳細ID"] for order in orders for row in order]
    assert len(numbers) - len(set(numbers)) < 15, "but for the three orders that are planted twice"
    for order in orders:
        for column in set(order[0]) - detail:
            assert len({row[column] for row in order}) == 1, column
        rows = {row["注文詳細ID"]: row for row in order}.values()
        kinds = [row["明細区分(ID)"] for row in rows]
        assert kinds.count("2") == 1
        goods = [row for row in rows if row["明細区分(ID)"] == "1"]
        # Prices are without tax, to a hundredth of a yen; the sum of goods is with it.
        with_tax = sum(
            float(row["価格"]) * int(row["個数"]) * (1 + int(row["税率"]) / 100) for row in goods
        )
        assert with_tax == pytest.approx(float(order[0]["小計"]), abs=0.5)
        paid = int(order[0]["小計"]) - int(order[0]["値引き"]) + int(order[0]["送料"])
        assert paid == int(order[0]["支払合計"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", order[0]["受注日"])


def test_ecforce_numbers_have_ten_hexadecimal_digits(folders) -> None:
    orders, subscriptions = (
        read(folders, "ecforce", file) for file in ("orders.csv", "subscriptions.csv")
    )
    number = re.compile(r"[0-9a-f]{10}")
    usual = [row for row in orders if number.fullmatch(row["受注番号"])]
    assert len(orders) - len(usual) <= 6, "but for the orders without and with a planted number"
    for row in usual:
        assert re.fullmatch(r"-?\d+(\.5)?|未定", row["支払い合計"])
        assert bool(row["定期受注番号"]) == bool(row["定期回数"])
    known = {row["定期受注番号"] for row in orders} - {""}
    assert known == {row["定期受注番号"] for row in subscriptions}
    counted = defaultdict(list)
    for row in orders:
        counted[row["定期受注番号"]].append(row["定期回数"])
    for row in subscriptions:
        taken = [int(count) for count in counted[row["定期受注番号"]]]
        assert taken == list(range(1, int(row["定期回数"]) + 1))


def test_ecforce_subscriptions_say_when_and_why_they_ended(folders) -> None:
    rows = read(folders, "ecforce", "subscriptions.csv")
    assert {row["ステータス"] for row in rows} == {"有効", "停止", "キャンセル"}
    for row in rows:
        assert bool(row["キャンセル日"]) == (row["ステータス"] == "キャンセル")
        assert bool(row["停止日"]) == (row["ステータス"] == "停止")
        assert re.fullmatch(r"\d{4}/\d\d/\d\d \d\d:\d\d", row["作成日"])
    reasons = [row["キャンセル理由"] for row in rows if row["キャンセル日"]]
    assert any(reasons)
    assert not all(reasons), "some do not say why"


def test_rakuten_repeats_an_order_on_the_row_of_each_product(folders) -> None:
    orders = own(read(folders, "rakuten"), "注文番号", r"\d{6}-\d{8}-\d{10}")
    assert len(orders) > 700
    line = {
        "商品明細ID", "商品ID", "商品名", "商品番号", "商品管理番号", "単価", "個数", "商品税率",
        "商品毎税込価格",
    }  # fmt: skip
    for order in orders:
        for column in set(order[0]) - line:
            assert len({row[column] for row in order}) == 1, column
        first = order[0]
        assert first["注文日時"] == f"{first['注文日']} {first['注文時間']}"
        assert first["注文番号"][7:15] == first["注文日"].replace("-", "")
        # 1 is an ordinary purchase, 4 one of a subscription, which is counted.
        subscribed = {"1": False, "4": True}[first["注文種別"]]
        assert bool(re.fullmatch(r"\d{6}-\d{8}-\d{8}-r", first["申込番号"])) == subscribed
        assert bool(first["申込お届け回数"]) == subscribed
        billed = int(first["合計金額"]) - int(first["クーポン利用総額"])
        assert billed == int(first["請求金額"])


@pytest.mark.parametrize("cart", list(CARTS))
def test_nobody_shares_an_address_or_a_telephone_number(folders, cart: str) -> None:
    mails = re.compile(r"[\w.]+\.(\d+)@example\.com", re.IGNORECASE)
    owners = defaultdict(set)
    for row in read(folders, cart):
        cells = " ".join(row.values())
        for phone in re.findall(r"090-0\d{3}-\d{4}", cells):
            owners[phone].update(mails.findall(cells))
    assert all(len(numbers) <= 1 for numbers in owners.values())
