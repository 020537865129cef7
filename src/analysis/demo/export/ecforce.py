"""ecforce: one row per order, with the codes of its products in one cell, and 定期受注 beside it.

Orders, customers and subscriptions have numbers of ten hexadecimal digits. There is no status, no
discount, no currency and no amount by product in this template of orders; shops choose the columns
of theirs. A subscription says when and why it was stopped or cancelled.
"""

from analysis.demo.export.sheets import Cart, Fault, Sheet

_ORDERS = (
    "受注ID,受注番号,顧客番号,購入URL,購入オファー,定期受注番号,メールアドレス,小計,支払い合計,"
    "受注日,購入商品（商品コード）,広告URLグループ名,広告主名,顧客購入回数,定期ステータス,定期回数"  # noqa: RUF001
)
_SUBSCRIPTIONS = (
    "定期受注ID,定期受注番号,顧客ID,顧客番号,メールアドレス,ステータス,定期内受注数,定期回数,作成日,更新日,"
    "配送サイクル,何ヶ月ごと,何日に,何日ごと,次回発送予定日,次回配送予定日,支払い方法,お約束回数（定期）,"  # noqa: RUF001
    "残りお約束回数（定期）,停止日,停止理由,キャンセル日,キャンセル理由,購入商品（商品コード）,"  # noqa: RUF001
    "購入商品（商品名）,広告URLグループ,広告主"  # noqa: RUF001
)

# One row for each order: the products in the order of its lines.
_WHOLE_ORDERS = """
SELECT *, (
    SELECT string_agg(product_id, ',' ORDER BY position) FROM rows AS every
    WHERE every.serial = one.serial AND every.fault = one.fault) AS codes
FROM rows AS one WHERE position = 1
"""
_SUBSCRIBED = "CASE WHEN purchase_type = 'subscription' THEN {} END"
_STANDING = (
    "CASE {} WHEN 'left' THEN 'キャンセル' WHEN 'paused' THEN '停止' WHEN 'running' THEN '有効' END"
)
_LEFT = "CASE WHEN left_at IS NOT NULL THEN 'left' WHEN paused_at IS NOT NULL THEN 'paused' " + (
    "ELSE 'running' END"
)


def _number(kind: str, of: str) -> str:
    return f"md5(concat('{kind}', {of}))[:10]"


def _stamp(moment: str) -> str:
    return f"strftime(CAST({moment} AS TIMESTAMP), '%Y/%m/%d %H:%M')"


_NEXT = "CASE standing WHEN 'running' THEN last_order_at + to_days(cycle_days) END"

ORDERS = Sheet(
    "orders",
    tuple(_ORDERS.split(",")),
    {
        "受注ID": "serial",
        "受注番号": _number("order", "serial"),
        "顧客番号": _number("customer", "number"),
        "購入URL": "'demo_lp'",
        "購入オファー": "'通常(なし)'",
        "定期受注番号": _SUBSCRIBED.format(_number("subscription", "number")),
        "メールアドレス": "typed_mail",
        "小計": "amount_minor + discount_minor",
        "支払い合計": "amount_minor",
        "受注日": _stamp("ordered_at"),
        "購入商品（商品コード）": "codes",  # noqa: RUF001 as the cart writes them
        "広告URLグループ名": "source",
        "広告主名": "'架空広告'",
        "顧客購入回数": "order_no - 1",
        "定期ステータス": _SUBSCRIBED.format(_STANDING.format(_LEFT)),
        "定期回数": _SUBSCRIBED.format("subscription_order_no"),
    },
    {
        "zero": Fault("amount is zero or negative", {"支払い合計": "0"}),
        "no customer": Fault("no customer", {"顧客番号": "NULL", "メールアドレス": "NULL"}),
        "future": Fault("order date is in the future", {"受注日": "'2099/01/01 00:00'"}),
        "no date": Fault("order date is missing or no date", {"受注日": "'2025/08/09 25:15'"}),
        "no amount": Fault("amount is missing or no number", {"支払い合計": "'未定'"}),
        "decimals": Fault(
            "amount has more decimals than the currency", {"支払い合計": "amount_minor + 0.5"}
        ),
        "no number": Fault("no order number", {"受注ID": "NULL", "受注番号": "NULL"}),
        "formula": Fault("", {"受注番号": "concat(substr('=+-', 1 + serial % 3, 1), serial)"}),
    },
    source=_WHOLE_ORDERS,
)

SUBSCRIPTIONS = Sheet(
    "subscriptions",
    tuple(_SUBSCRIPTIONS.split(",")),
    {
        "定期受注ID": "number",
        "定期受注番号": _number("subscription", "number"),
        "顧客ID": "number",
        "顧客番号": _number("customer", "number"),
        "メールアドレス": "mail",
        "ステータス": _STANDING.format("standing"),
        "定期内受注数": "len(serials)",
        "定期回数": "len(serials)",
        "作成日": _stamp("subscribed_at"),
        "更新日": _stamp("coalesce(left_at, paused_at, last_order_at)"),
        "配送サイクル": "concat(cycle_days, '日ごと')",
        "何日ごと": "cycle_days",
        "次回発送予定日": _stamp(_NEXT),
        "次回配送予定日": _stamp(_NEXT),
        "支払い方法": "'クレジットカード'",
        "お約束回数（定期）": "commitment_orders",  # noqa: RUF001
        "残りお約束回数（定期）": "greatest(commitment_orders - len(serials), 0)",  # noqa: RUF001
        "停止日": _stamp("paused_at"),
        "停止理由": "paused_for",
        "キャンセル日": _stamp("left_at"),
        "キャンセル理由": "left_for",
        "購入商品（商品コード）": "subscribed_product",  # noqa: RUF001
        "購入商品（商品名）": "product_name",  # noqa: RUF001
        "広告URLグループ": "came_by",
        "広告主": "'架空広告'",
    },
    {},
)

ECFORCE = Cart("ecforce", "utf-8-sig", "\r\n", (ORDERS, SUBSCRIPTIONS))
