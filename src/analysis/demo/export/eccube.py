"""EC-CUBE 4: orders by detail, and members.

Each detail of an order is a row: products, postage, and what is taken off; the order's totals stand
on all of them. Prices are without tax. Who orders as a guest has no member number.
"""

from analysis.demo.export.sheets import Cart, Fault, Sheet

_ORDERS = (
    "注文ID,注文番号,会員ID,お名前(姓),お名前(名),お名前(セイ),お名前(メイ),会社名,郵便番号,"
    "都道府県(ID),都道府県(名称),住所1,住所2,メールアドレス,TEL,性別(ID),性別(名称),職業(ID),"
    "職業(名称),誕生日,ショップ用メモ欄,小計,値引き,送料,税金,合計,支払合計,対応状況(ID),"
    "対応状況(名称),支払方法(ID),支払方法(名称),受注日,入金日,注文詳細ID,商品ID,商品規格ID,商品名,"
    "商品コード,規格名1,規格名2,規格分類名1,規格分類名2,価格,個数,税率,税率ルール(ID),明細区分(ID),"
    "明細区分(名称),出荷ID,配送先_お名前(姓),配送先_お名前(名),配送先_お名前(セイ),"
    "配送先_お名前(メイ),配送先_会社名,配送先_郵便番号,配送先_都道府県(ID),配送先_都道府県(名称),"
    "配送先_住所1,配送先_住所2,配送先_TEL,配送業者(ID),配送業者(名称),お届け時間ID,"
    "お届け時間(名称),お届け希望日,送料,発送日,出荷伝票番号,配達用メモ,出荷メール送信日"
)
_MEMBERS = (
    "会員ID,お名前(姓),お名前(名),お名前(セイ),お名前(メイ),会社名,郵便番号,都道府県(ID),"
    "都道府県(名称),住所1,住所2,メールアドレス,TEL,性別(ID),性別(名称),職業(ID),職業(名称),誕生日,"
    "初回購入日,最終購入日,購入回数,ショップ用メモ欄,会員ステータス(ID),会員ステータス(名称),登録日,"
    "更新日"
)

# A row of postage for each order, and one of what is taken off.
_DETAILS = """
FROM rows
UNION ALL
SELECT * REPLACE (8 AS position, 2 AS kind) FROM rows WHERE position = 1
UNION ALL
SELECT * REPLACE (9 AS position, 4 AS kind) FROM rows WHERE position = 1 AND discount_minor > 0
"""


def _stamp(moment: str) -> str:
    return f"strftime(CAST({moment} AS TIMESTAMP), '%Y-%m-%d %H:%M:%S')"


def _by_kind(product: str, postage: str, discount: str) -> str:
    return f"CASE kind WHEN 1 THEN {product} WHEN 2 THEN {postage} ELSE {discount} END"


def _person(prefix: str = "") -> dict[str, str]:
    cells = {
        "お名前(姓)": "family",
        "お名前(名)": "given",
        "お名前(セイ)": "family_kana",
        "お名前(メイ)": "'カクウ'",
        "会社名": "CASE WHEN number % 11 = 0 THEN '㈱架空①' END",
        "郵便番号": "replace(postcode, '-', '')",
        "都道府県(ID)": "CAST(province[4:] AS INTEGER)",
        "都道府県(名称)": "prefecture",
        "住所1": "street",
        "TEL": "replace(phone, '-', '')",
    }
    return {f"{prefix}{column}": cell for column, cell in cells.items()}


_BIRTHDAY = "CASE WHEN birth_year IS NOT NULL THEN concat(birth_year, '-04-05 00:00:00') END"
# Without tax, in hundredths of a yen as the cart keeps them: with tax it is the price paid.
_PRICE = "CAST(gross * 100.0 / quantity / (100 + tax_percent) AS DECIMAL(12, 2))"

_STATUS = "CASE WHEN shipped_at IS NULL THEN '{}' ELSE '{}' END"


def _status(number: int, name: str, **cells: str) -> dict[str, str]:
    return {"対応状況(ID)": f"'{number}'", "対応状況(名称)": f"'{name}'", "発送日": "NULL", **cells}


ORDERS = Sheet(
    "orders",
    tuple(_ORDERS.split(",")),
    {
        "注文ID": "serial",
        "注文番号": "serial",
        "会員ID": "CASE WHEN NOT guest THEN number END",
        **_person(),
        "メールアドレス": "typed_mail",
        "誕生日": _BIRTHDAY,
        "ショップ用メモ欄": "CASE WHEN serial % 5 = 0 "
        "THEN concat('-架空', chr(10), '\"電話\"', phone) END",
        "小計": "amount_minor + discount_minor",
        "値引き": "discount_minor",
        "送料": "0",
        "税金": "amount_minor - CAST(floor(amount_minor / 1.1) AS BIGINT)",
        "合計": "amount_minor",
        "支払合計": "amount_minor",
        "対応状況(ID)": _STATUS.format(1, 5),
        "対応状況(名称)": _STATUS.format("新規受付", "発送済み"),
        "支払方法(ID)": "'3'",
        "支払方法(名称)": "'銀行振込'",
        "受注日": _stamp("ordered_at"),
        "入金日": _stamp("paid_at"),
        "注文詳細ID": "serial * 10 + position",
        "商品ID": _by_kind("CAST(product_id[2:] AS INTEGER)", "NULL", "NULL"),
        "商品規格ID": _by_kind("CAST(product_id[2:] AS INTEGER) + 10", "NULL", "NULL"),
        "商品名": _by_kind("product_name", "'送料'", "'割引'"),
        "商品コード": _by_kind("product_id", "NULL", "NULL"),
        "価格": _by_kind(_PRICE, "0", "-discount_minor"),
        "個数": _by_kind("quantity", "1", "1"),
        "税率": _by_kind("tax_percent", "10", "0"),
        "明細区分(ID)": "kind",
        "明細区分(名称)": _by_kind("'商品'", "'送料'", "'割引'"),
        "出荷ID": "serial",
        **_person("配送先_"),
        "配送業者(名称)": "'架空便'",
        "送料 (2)": "0",
        "発送日": _stamp("shipped_at"),
        "出荷メール送信日": _stamp("shipped_at"),
    },
    {
        "cancelled": Fault("cancelled", _status(3, "注文取消し", 出荷メール送信日="NULL")),
        "unpaid": Fault("unpaid", _status(7, "決済処理中", 入金日="NULL", 出荷メール送信日="NULL")),
        "refunded": Fault("refunded in full", _status(9, "返品")),
        "zero": Fault("amount is zero or negative", {"支払合計": "0", "小計": "0"}),
        "no customer": Fault(
            "no customer", dict.fromkeys(("会員ID", "メールアドレス", "TEL", "配送先_TEL"), "NULL")
        ),
        "future": Fault("order date is in the future", {"受注日": "'2099-01-01 00:00:00'"}),
        "no date": Fault("order date is missing or no date", {"受注日": "'2025-02-30 10:00:00'"}),
        "mismatch": Fault(
            "order total does not match its lines", {"小計": "amount_minor + discount_minor + 1000"}
        ),
        "no amount": Fault("amount is missing or no number", {"支払合計": "'未定'"}),
        "decimals": Fault(
            "amount has more decimals than the currency", {"支払合計": "amount_minor + 0.5"}
        ),
        "status": Fault("status is not known", _status(99, "架空の状況")),
        "contradiction": Fault(
            "rows of the order contradict each other",
            {"支払合計": "CASE WHEN kind = 2 THEN amount_minor + 1 ELSE amount_minor END"},
        ),
        "line": Fault(
            "a line lacks product, quantity or price",
            {"個数": "CASE WHEN kind = 1 THEN NULL ELSE 1 END"},
        ),
        "no number": Fault("no order number", {"注文ID": "NULL", "注文番号": "NULL"}),
        "repeated": Fault("duplicate of an earlier row", {}),
        "formula": Fault("", {"注文番号": "concat(substr('=+-', 1 + serial % 3, 1), serial)"}),
    },
    source=_DETAILS,
)

MEMBERS = Sheet(
    "customers",
    tuple(_MEMBERS.split(",")),
    {
        "会員ID": "number",
        **_person(),
        "メールアドレス": "mail",
        "誕生日": _BIRTHDAY,
        "会員ステータス(ID)": "'2'",
        "会員ステータス(名称)": "'本会員'",
        "登録日": _stamp("registered_at"),
        "更新日": _stamp("registered_at"),
    },
    {
        "no customer": Fault(
            "no customer", dict.fromkeys(("会員ID", "メールアドレス", "TEL"), "NULL")
        ),
        "no date": Fault("date of registration is no date", {"登録日": "'2025-13-01 00:00:00'"}),
        "future": Fault(
            "date of registration is in the future", {"登録日": "'2099-01-01 00:00:00'"}
        ),
        "duplicate": Fault("the customer was exported again later", {}),
    },
    where="NOT guest",
)

# "SJIS-win", as PHP calls CP932.
ECCUBE = Cart("eccube", "cp932", "\n", (ORDERS, MEMBERS))
