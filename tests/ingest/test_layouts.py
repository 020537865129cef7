"""Each layout that comes along: its own traps, row by row, and the balance of its file."""

import hashlib
import hmac
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb
import pytest

from analysis.errors import DataError, ParameterError
from analysis.ingest import export_files
from analysis.ingest.layout_files import list_layouts

# Whether so much may be set aside is another question: see test_alarms.
import_files = partial(export_files.import_files, accept=True)


def read(home: Path, table: str, columns: str = "*", shop: str = "yen") -> list[tuple]:
    file = home / "data" / shop / "current" / f"{table}.parquet"
    return duckdb.sql(f"SELECT {columns} FROM '{file}'").fetchall()


def digest(home: Path, address: str) -> str:
    key = bytes.fromhex((home / "data/private/customer_key").read_text())
    return hmac.new(key, address.encode(), hashlib.sha256).hexdigest()


def shopify(name: str, **cells: str) -> dict[str, str]:
    order = {
        "Name": name,
        "Email": "A@Example.com ",
        "Financial Status": "paid",
        "Currency": "USD",
        "Subtotal": "30.00",
        "Shipping": "5.00",
        "Total": "35.00",
        "Created at": "2024-05-01 09:58:12 +0000",
        "Paid at": "2024-05-01 09:58:13 +0000",
        "Lineitem quantity": "2",
        "Lineitem name": "Tea, green",
        "Lineitem price": "15.00",
        "Lineitem sku": "TEA-1",
        "Refunded Amount": "0.00",
        "Source": "web",
    }
    return {**order, **{key.replace("_", " "): value for key, value in cells.items()}}


def more(name: str, **cells: str) -> dict[str, str]:
    """A further row of a Shopify order: its own cells are blank, people are named on the first."""
    return {"Name": name, **{key.replace("_", " "): value for key, value in cells.items()}}


def test_shopify_orders(shop: Path, write_export) -> None:
    second = more("#1", Lineitem_quantity="1", Lineitem_name="Mug\nblue", Lineitem_price="4.00")
    rows = [
        shopify("#1", Subtotal="34.00", Total="39.00", Tags="vip, Subscription First Order"),
        shopify("#2", Refunded_Amount="5.50", Discount_Code="MAY", Discount_Amount="3.00",
                Subtotal="27.00", Total="32.00", Financial_Status="partially_refunded"),
        shopify("#3", Email="b@example.com", Tags="Subscription Order: 4",
                Created_at="2024-05-01 20:00:00 -0500", Lineitem_sku=""),
        shopify("#4", Cancelled_at="2024-05-02 00:00:00 +0000"),
        shopify("#5", Financial_Status="pending"),
        shopify("#6", Financial_Status="refunded", Refunded_Amount="35.00"),
        shopify("#7", Refunded_Amount="35.00"),
        shopify("#8", Email=""),
        shopify("#9", Currency="EUR"),
        shopify("#10", Created_at="2024-02-30 09:58:12 +0000"),
        shopify("#11", Created_at="2999-01-01 00:00:00 +0000"),
        shopify("#12", Subtotal="31.00", Total="36.00"),
        shopify("#13", Subtotal="0.00", Total="0.00", Lineitem_price="0"),
        shopify("#14", Total="much"),
        shopify("#15", Total="35.005"),
        shopify("#16", Lineitem_quantity="-2"),
        shopify("", Lineitem_quantity="1"),
        shopify("#17", Financial_Status="on_the_moon"),
    ]  # fmt: skip
    file = write_export("shopify_orders", rows, fill=False)
    text = file.read_text()
    head, body = text.split("\n", 1)
    first_end = body.index("\n#2") + 1
    width = head.count(",") + 1
    cells = [""] * width
    for column, value in second.items():
        quoted = f'"{value}"' if "\n" in value else value
        cells[head.strip().split(",").index(column)] = quoted
    file.write_text(head + "\n" + body[:first_end] + ",".join(cells) + "\r\n" + body[first_end:])
    (balance,) = import_files("usd", [file])
    assert (balance.rows_read, balance.rows_accepted, balance.rows_set_aside) == (19, 4, 15)
    assert balance.reasons == {
        "amount has more decimals than the currency": 1,
        "a line lacks product, quantity or price": 1,
        "amount is missing or no number": 1,
        "amount is zero or negative": 1,
        "cancelled": 1,
        "currency is not the shop's": 1,
        "no customer": 1,
        "no order number": 1,
        "order date is in the future": 1,
        "order date is missing or no date": 1,
        "order total does not match its lines": 1,
        "refunded in full": 2,
        "status is not known": 1,
        "unpaid": 1,
    }
    a, b = digest(shop, "a@example.com"), digest(shop, "b@example.com")
    assert read(shop, "orders", shop="usd") == [
        # Tags tell no number of a subscription: there is one for each of its customers.
        ("#1", a, datetime(2024, 5, 1, 18, 58, 12), 3900, "subscription", f"{a}/1", 1, None, None,
         0, "web"),
        ("#2", a, datetime(2024, 5, 1, 18, 58, 12), 2650, "one_off", None, None, None, "MAY",
         300, "web"),
        ("#3", b, datetime(2024, 5, 2, 10, 0), 3500, "subscription", f"{b}/1", 4, None, None, 0,
         "web"),
    ]  # fmt: skip
    assert read(shop, "order_lines", shop="usd") == [
        ("#1", 1, "TEA-1", 2, 3000),
        ("#1", 2, "Mug\nblue", 1, 400),
        ("#2", 1, "TEA-1", 2, 3000),
        ("#3", 1, "Tea, green", 2, 3000),
    ]
    rows = read(shop, "set_aside", "row_no, reason, content", shop="usd")
    assert rows[0] == (6, "cancelled", "#4")
    assert (12, "order date is missing or no date", "#10 9999-99-99 99:99:99 +9999 99.99") in rows
    assert (19, "no order number", "") in rows


def test_shopify_customers_join_their_orders(shop: Path, write_export) -> None:
    customers = write_export(
        "shopify_customers",
        [
            {"Customer ID": "'7210448301122", "Email": "a@example.com", "Total Orders": "2",
             "Accepts Email Marketing": "yes", "Accepts SMS Marketing": "no",
             "Default Address Province Code": "JP-13"},
            {"Customer ID": "'7210448301123", "Email": "", "Phone": "",
             "Accepts Email Marketing": "no"},
        ],
    )  # fmt: skip
    orders = write_export("shopify_orders", [shopify("#1")])
    balances = import_files("usd", [customers, orders])
    assert [balance.reasons for balance in balances] == [{"no customer": 1}, {}]
    a = digest(shop, "a@example.com")
    assert read(shop, "customers", shop="usd") == [
        (a, None, None, "JP-13", None, True, None, False)
    ]
    assert read(shop, "orders", "customer_id", shop="usd") == [(a,)]


def eccube(order: str, detail: str, **cells: str) -> dict[str, str]:
    row = {
        "注文ID": order, "注文番号": order, "会員ID": "12", "メールアドレス": "a@example.com",
        "小計": "3240", "値引き": "0", "送料": "500", "送料 (2)": "999", "税金": "240",
        "合計": "3740", "支払合計": "3740", "対応状況(ID)": "5", "対応状況(名称)": "発送済み",
        "受注日": "2024-05-01 09:58:12", "注文詳細ID": detail, "商品ID": "1",
        "商品コード": "tea-01",
        "商品名": "緑茶①", "価格": "1500", "個数": "2", "税率": "8", "明細区分(ID)": "1",
    }  # fmt: skip
    return {**row, **cells}


def postage(order: str, detail: str, **cells: str) -> dict[str, str]:
    plain = {"明細区分(ID)": "2", "商品ID": "", "商品コード": "", "商品名": "送料", "価格": "500"}
    return eccube(order, detail, **{**plain, "個数": "1", "税率": "10", **cells})


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig"])
def test_eccube_orders(shop: Path, write_export, encoding: str) -> None:
    rows = [
        eccube("1", "10"),
        postage("1", "11"),
        eccube("1", "10"),
        eccube("2", "20", **{"会員ID": ""}),
        eccube("3", "30", **{"会員ID": "", "メールアドレス": "", "TEL": ""}),
        *(eccube(f"4{status}", f"4{status}", **{"対応状況(ID)": status}) for status in "378912"),
        eccube("5", "50", **{"支払合計": "3740"}),
        eccube("5", "51", **{"支払合計": "9999"}),
        eccube("6", "60", **{"小計": "6480"}),
        postage("6", "61", **{"小計": "6480"}),
    ]
    file = write_export("eccube_orders", rows, encoding=encoding)
    (balance,) = import_files("yen", [file])
    assert balance.rows_read == 15
    assert balance.reasons == {
        "cancelled": 1,
        "duplicate of an earlier row": 1,
        "no customer": 1,
        "order total does not match its lines": 2,
        "refunded in full": 1,
        "rows of the order contradict each other": 2,
        "status is not known": 1,
        "unpaid": 2,
    }
    orders = read(shop, "orders", "order_id, customer_id, amount_minor")
    assert orders == [
        ("1", "12", 3740),
        # A guest whose address came with a number in other orders.
        ("2", "12", 3740),
        ("41", "12", 3740),
    ]
    assert read(shop, "order_lines")[0] == ("1", 1, "tea-01", 2, 3240)
    assert read(shop, "products", "product_id, product_name") == [("tea-01", "緑茶①")]


def test_eccube_members(shop: Path, write_export) -> None:
    member = {"会員ID": "0012", "都道府県(名称)": "東京都", "誕生日": "1980-04-05 00:00:00",
              "会員ステータス(ID)": "2", "登録日": "2023-01-02 03:04:05"}  # fmt: skip
    file = write_export(
        "eccube_members",
        [member, {**member, "会員ID": "0013", "登録日": "2023-13-02", "誕生日": ""}],
        encoding="cp932",
    )
    (balance,) = import_files("yen", [file])
    assert balance.reasons == {"date of registration is no date": 1}
    assert read(shop, "customers") == [
        ("0012", datetime(2023, 1, 2, 3, 4, 5), None, "東京都", 1980, None, None, None)
    ]


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig"])
def test_ecforce_orders(shop: Path, write_export, encoding: str) -> None:
    # CP932 has no yen sign; what is seen as one there is a backslash.
    yen = "\\" if encoding == "cp932" else "¥"
    order = {"受注ID": "9", "受注番号": "E-001", "顧客番号": "C7", "支払い合計": f"{yen}3,980",
             "小計": "3,980", "受注日": "2025/08/09 23:15",
             "購入商品（商品コード）": "soap, oil,soap",
             "広告URLグループ名": "line_ad", "定期回数": "", "定期ステータス": ""}  # fmt: skip
    rows = [
        order,
        {
            **order,
            "受注番号": "E-002",
            "定期受注番号": "T-5",
            "定期回数": "3",
            "定期ステータス": "有効",
            "購入商品（商品コード）": "soap",
        },
        {**order, "受注番号": "E-003", "受注日": "2025/08/09 25:15"},
        {**order, "受注番号": "E-004", "小計": ""},
    ]
    (balance,) = import_files("yen", [write_export("ecforce_orders", rows, encoding=encoding)])
    assert balance.reasons == {"order date is missing or no date": 1}
    assert read(shop, "orders") == [
        ("E-001", "C7", datetime(2025, 8, 9, 23, 15), 3980, "one_off", None, None, "line_ad", None,
         0, None),
        ("E-002", "C7", datetime(2025, 8, 9, 23, 15), 3980, "subscription", "T-5", 3, "line_ad",
         None, 0, None),
        ("E-004", "C7", datetime(2025, 8, 9, 23, 15), 3980, "one_off", None, None, "line_ad", None,
         0, None),
    ]  # fmt: skip
    assert read(shop, "order_lines") == [
        ("E-001", 1, "soap", 1, 1328),
        ("E-001", 2, "oil", 1, 1326),
        ("E-001", 3, "soap", 1, 1326),
        ("E-002", 1, "soap", 1, 3980),
    ]


def test_rakuten_orders(shop: Path, write_export) -> None:
    masked = "0123abc@pc.fw.rakuten.ne.jp"
    order = {"注文番号": "123456-20240501-0000000001", "ステータス": "700", "注文種別": "1",
             "注文日時": "2024-05-01 09:58:12", "合計金額": "6980", "店舗発行クーポン利用額": "480",
             "注文者メールアドレス": masked, "商品管理番号": "tea-01", "商品名": "緑茶",
             "単価": "2980", "個数": "1", "利用端末": "1", "申込番号": ""}  # fmt: skip
    subscribed = {"注文番号": "x-2", "申込番号": "sub-9", "申込お届け回数": "3", "注文種別": "4"}
    rows = [
        order,
        {**order, "商品管理番号": "cup-02", "商品名": "湯呑", "単価": "4000"},
        {**order, **subscribed, "店舗発行クーポン利用額": ""},
        {**order, "注文番号": "x-3", "ステータス": "900"},
    ]
    (balance,) = import_files("yen", [write_export("rakuten_orders", rows, encoding="cp932")])
    assert balance.reasons == {"cancelled": 1}
    columns = "order_id, customer_id, amount_minor, subscription_id, subscription_order_no"
    who = digest(shop, masked)
    assert read(shop, "orders", columns) == [
        ("123456-20240501-0000000001", who, 6500, None, None),
        ("x-2", who, 6980, "sub-9", 3),
    ]
    assert len(read(shop, "order_lines")) == 3


def test_woocommerce_orders_say_which_day_comes_first(shop: Path, write_export) -> None:
    order = {"order_id": "1", "order_number": "1", "order_date": "03/04/2024 10:00",
             "status": "completed", "order_total": "12.34", "order_currency": "USD",
             "customer_id": "7", "paid_date": ""}  # fmt: skip
    rows = [
        order,
        {**order, "order_number": "2", "customer_id": "0", "customer_email": "a@example.com"},
        {**order, "order_number": "3", "status": "on-hold"},
    ]
    file = write_export("woocommerce_orders", rows)
    with pytest.raises(ParameterError, match="dates such as 03/04/2024 .*day_first"):
        import_files("usd", [file])
    settings = shop / "shops" / "usd.yaml"
    base = settings.read_text()
    for day_first, month in (("true", 4), ("false", 3)):
        settings.write_text(f"{base}mapping:\n  day_first: {day_first}\n")
        (balance,) = import_files("usd", [file])
        assert balance.reasons == {"unpaid": 1}
        moments = {row[0] for row in read(shop, "orders", "ordered_at", shop="usd")}
        assert moments == {datetime(2024, month, 7 - month, 10)}
    assert [row[0] for row in read(shop, "orders", "customer_id", shop="usd")] == [
        "7",
        digest(shop, "a@example.com"),
    ]


def test_woocommerce_lines_stand_in_cells_of_one_row(shop: Path, write_export) -> None:
    mug = "name:Mug, blue | large|product_id:31|sku:MUG-1|quantity:2|total:16.00|sub_total:20.00"
    tea = "name:Tea: green|product_id:32|sku:|quantity:1|total:4.00|sub_total:5.00"
    order = {"order_id": "1", "order_number": "1", "order_date": "2024-04-03 10:00:00",
             "status": "completed", "order_total": "25.00", "shipping_total": "5.00",
             "order_subtotal": "25.00", "discount_total": "5.00", "order_currency": "USD",
             "customer_id": "7", "paid_date": "", "coupon_items": "code:may5|amount:5.00",
             "line_item_1": mug, "line_item_2": tea}  # fmt: skip
    rows = [
        order,
        {**order, "order_number": "2", "order_subtotal": "26.01", "discount_total": "1"},
        {**order, "order_number": "3", "line_item_1": "name:Mug|quantity:2|total:16.00"},
        {**order, "order_number": "4", "line_item_1": mug.replace("y:2", "y:0")},
        {**order, "order_number": "5", "line_item_1": "", "line_item_2": ""},
        {**order, "order_number": "", "order_id": "6"},
        {**order, "order_number": "", "order_id": ""},
        {**order, "order_number": "7", "order_subtotal": "21.00",
         "paid_date": "2024-04-04T10:00:00+00:00",
         "refund_items": "amount:4.00|reason:torn|date:2024-05-01 10:00:00;amount:1.50|reason:",
         "line_item_2": "giftcard-name:X|giftcard-id:1|used_balance:5"},
        {**order, "order_number": "8", "refund_items": "amount:25.00|reason:"},
    ]  # fmt: skip
    (balance,) = import_files("usd", [write_export("woocommerce_orders", rows)])
    assert balance.reasons == {
        "a line lacks product, quantity or price": 1,
        "no order number": 1,
        "order total does not match its lines": 2,
        "refunded in full": 1,
    }
    columns = "order_id, amount_minor, coupon_code, discount_minor"
    assert read(shop, "orders", columns, shop="usd") == [
        ("1", 2500, "may5", 500),
        ("5", 2500, "may5", 500),
        ("6", 2500, "may5", 500),
        ("7", 1950, "may5", 500),
    ]
    # What has a day stands apart; what has none is in the order's amount alone.
    assert read(shop, "refunds", "order_id, refunded_at, amount_minor", shop="usd") == [
        ("7", datetime(2024, 5, 1, 10), 400),
    ]
    kept = shop / "data/usd/current/kept/orders.parquet"
    paid = duckdb.sql(f"SELECT moment FROM '{kept}' WHERE order_id = '7'").fetchall()
    assert paid == [(datetime(2024, 4, 4, 19),)]
    assert read(shop, "order_lines", shop="usd") == [
        ("1", 1, "MUG-1", 2, 1600),
        ("1", 2, "32", 1, 400),
        ("6", 1, "MUG-1", 2, 1600),
        ("6", 2, "32", 1, 400),
        ("7", 1, "MUG-1", 2, 1600),
    ]
    assert read(shop, "products", "product_id, product_name", shop="usd") == [
        ("32", "Tea: green"),
        ("MUG-1", "Mug, blue | large"),
    ]


def test_two_carts_must_not_share_numbers(shop: Path, write_export) -> None:
    orders = write_export("eccube_orders", [eccube("1", "10"), eccube("2", "20")])
    bought = {"order_id": "2", "order_number": "2", "order_date": "2024-04-03 10:00:00",
              "status": "completed", "order_total": "25", "order_currency": "JPY",
              "paid_date": "", "customer_id": "7"}  # fmt: skip
    import_files("yen", [orders])
    with pytest.raises(DataError, match="Order numbers such as 2 are .* eccube and wooc"):
        import_files("yen", [write_export("woocommerce_orders", [bought])])
    assert len(read(shop, "orders")) == 2
    same = {**bought, "order_number": "W2", "customer_id": "12"}
    with pytest.raises(DataError, match="Customer numbers such as 12 are in files of two formats"):
        import_files("yen", [write_export("woocommerce_orders", [same])])
    # The same address is the same person, though, and another number another order.
    guest = {**same, "customer_id": "0", "customer_email": "a@example.com"}
    import_files("yen", [write_export("woocommerce_orders", [guest])])
    assert len(read(shop, "orders")) == 3


def test_every_layout_has_a_test_and_a_header(write_export) -> None:
    names = {name.removesuffix("_orders") for name in list_layouts()}
    assert {"shopify", "eccube", "ecforce", "rakuten", "woocommerce"} <= names
    for name in list_layouts():
        assert write_export(name, []).read_text()
