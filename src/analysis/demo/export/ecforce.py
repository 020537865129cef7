"""ecforce: one row per order, with the codes of its products in one cell.

There is no status, no discount, no currency and no amount by product.
"""

from analysis.demo.export.sheets import AGAIN, Cart, Fault, Sheet

_ORDERS = (
    "受注ID,受注番号,顧客番号,購入URL,購入オファー,定期受注番号,メールアドレス,小計,支払い合計,"
    "受注日,購入商品（商品コード）,広告URLグループ名,広告主名,顧客購入回数,定期ステータス,定期回数"  # noqa: RUF001
)

# One row for each order: the products in the order of its lines.
_WHOLE_ORDERS = """
SELECT *, (
    SELECT string_agg(product_id, ',' ORDER BY position) FROM rows AS every
    WHERE every.serial = one.serial AND every.fault = one.fault) AS codes
FROM rows AS one WHERE position = 1
"""
_SUBSCRIBED = "CASE WHEN purchase_type = 'subscription' THEN {} END"

ORDERS = Sheet(
    "orders",
    tuple(_ORDERS.split(",")),
    {
        "受注ID": "serial",
        "受注番号": "concat('E', serial)",
        "顧客番号": "concat('C', number)",
        "購入URL": "'https://shop.example.com/lp'",
        "定期受注番号": _SUBSCRIBED.format("concat('T', number)"),
        "メールアドレス": "typed_mail",
        # As spreadsheets and this cart write amounts: with a sign and commas.
        "小計": "format('¥{:,}', amount_minor + discount_minor)",
        "支払い合計": "format('¥{:,}', amount_minor)",
        "受注日": "strftime(CAST(ordered_at AS TIMESTAMP), '%Y/%m/%d %H:%M')",
        "購入商品（商品コード）": "codes",  # noqa: RUF001 as the cart writes them
        "広告URLグループ名": "source",
        "広告主名": "'架空広告'",
        "定期ステータス": _SUBSCRIBED.format("'有効'"),
        "定期回数": _SUBSCRIBED.format("subscription_order_no"),
    },
    {
        "zero": Fault("amount is zero or negative", {"支払い合計": "'¥0'"}),
        "negative": Fault("amount is zero or negative", {"支払い合計": "-amount_minor"}),
        "no customer": Fault("no customer", {"顧客番号": "NULL", "メールアドレス": "NULL"}),
        "future": Fault("order date is in the future", {"受注日": "'2099/01/01 00:00'"}),
        "no date": Fault("order date is missing or no date", {"受注日": "'2025/08/09 25:15'"}),
        "no amount": Fault("amount is missing or no number", {"支払い合計": "'未定'"}),
        "decimals": Fault(
            "amount has more decimals than the currency", {"支払い合計": "amount_minor + 0.5"}
        ),
        "no number": Fault("no order number", {"受注ID": "NULL", "受注番号": "NULL"}),
        "duplicate": Fault(AGAIN, {}),
        "formula": Fault("", {"受注番号": "concat(substr('=+-', 1 + serial % 3, 1), serial)"}),
    },
    source=_WHOLE_ORDERS,
)

ECFORCE = Cart("ecforce", "utf-8-sig", "\r\n", (ORDERS,))
