"""WooCommerce as WebToffee's plugins export it: a row for each order, a cell for each product.

Columns and cells are those of "Order Export & Order Import for WooCommerce": amounts with two
decimals whatever the currency, the discount of the cart in three columns, the time of payment with
its zone. Guests have the customer number 0. Orders carry no number of a subscription; the file of
subscriptions, which the suite of the same vendor writes, names the orders instead.
"""

from analysis.demo.export.sheets import Cart, Fault, Sheet
from analysis.demo.export.woocommerce_subscriptions import WEBTOFFEE, person, stamp

_ORDERS = (
    "order_id,order_number,order_date,paid_date,status,shipping_total,shipping_tax_total,fee_total,"
    "fee_tax_total,tax_total,cart_discount,order_discount,discount_total,order_total,"
    "order_subtotal,order_key,order_currency,payment_method,payment_method_title,transaction_id,"
    "customer_ip_address,customer_user_agent,shipping_method,customer_id,customer_user,"
    "customer_email,billing_first_name,billing_last_name,billing_company,billing_email,"
    "billing_phone,billing_address_1,billing_address_2,billing_postcode,billing_city,"
    "billing_state,billing_country,shipping_first_name,shipping_last_name,shipping_company,"
    "shipping_phone,shipping_address_1,shipping_address_2,shipping_postcode,shipping_city,"
    "shipping_state,shipping_country,customer_note,wt_import_key,tax_items,shipping_items,"
    "fee_items,coupon_items,refund_items,order_notes,download_permissions,"
    "meta:_wc_order_attribution_device_type,meta:_wc_order_attribution_referrer,"
    "meta:_wc_order_attribution_session_count,meta:_wc_order_attribution_session_entry,"
    "meta:_wc_order_attribution_session_pages,meta:_wc_order_attribution_session_start_time,"
    "meta:_wc_order_attribution_source_type,meta:_wc_order_attribution_user_agent,"
    "meta:_wc_order_attribution_utm_source,line_item_1,line_item_2"
)


def _item(quantity: str) -> str:
    return (
        "concat('name:', product_name, '|product_id:', CAST(product_id[2:] AS INTEGER), '|sku:', "
        f"product_id, '|quantity:', {quantity}, '|total:', net, '.00|sub_total:', gross, '.00')"
    )


# One row for each order; no order of the demo shop has more than two lines.
_WHOLE_ORDERS = f"""
SELECT one.*, {_item("CASE fault WHEN 'line' THEN '' ELSE CAST(quantity AS VARCHAR) END")} AS item,
    (SELECT {_item("quantity")} FROM rows AS other
    WHERE other.serial = one.serial AND other.fault = one.fault AND position = 2) AS second_item
FROM rows AS one WHERE position = 1
"""  # noqa: S608 - our own names

_DISCOUNT = dict.fromkeys(
    ("cart_discount", "order_discount", "discount_total"), "concat(discount_minor, '.00')"
)
_NOBODY = {
    **dict.fromkeys(("customer_id", "customer_user"), "0"),
    **dict.fromkeys(("customer_email", "billing_email", "billing_phone"), "NULL"),
}


def _back(amount: str, reason: str) -> str:
    return f"concat('amount:', {amount}, '|reason:{reason}|date:', {stamp('cancelled_at')})"


ORDERS = Sheet(
    "orders",
    tuple(_ORDERS.split(",")),
    {
        "order_id": "serial",
        "order_number": "serial",
        "order_date": stamp("ordered_at"),
        "paid_date": stamp("paid_at", "%Y-%m-%dT%H:%M:%S+09:00"),
        "status": "CASE WHEN shipped_at IS NULL THEN 'processing' ELSE 'completed' END",
        "shipping_total": "0",
        "shipping_tax_total": "'0.00'",
        "fee_total": "'0.00'",
        "fee_tax_total": "'0.00'",
        "tax_total": "'0.00'",
        **_DISCOUNT,
        "order_total": "concat(amount_minor, '.00')",
        "order_subtotal": "concat(amount_minor + discount_minor, '.00')",
        "order_key": "concat('wc_order_', md5(CAST(serial AS VARCHAR))[:13])",
        "order_currency": "'JPY'",
        "payment_method": "'stripe'",
        "payment_method_title": "'Credit card'",
        "customer_ip_address": "concat('192.0.2.', number % 256)",
        "customer_user_agent": "'Mozilla/5.0 (X11; Linux x86_64), fictitious'",
        "customer_id": "CASE WHEN guest THEN 0 ELSE number END",
        "customer_user": "CASE WHEN guest THEN 0 ELSE number END",
        "customer_email": "CASE WHEN NOT guest THEN typed_mail END",
        "billing_email": "typed_mail",
        **person("billing"),
        **person("shipping"),
        "customer_note": "CASE WHEN serial % 5 = 0 THEN concat('@SUM(1)', chr(10), phone) END",
        "wt_import_key": "serial",
        "coupon_items": "CASE WHEN coupon_code IS NOT NULL THEN "
        "concat('code:', coupon_code, '|amount:', discount_minor, '.00') END",
        "download_permissions": "0",
        "meta:_wc_order_attribution_device_type": "CASE channel WHEN 'app' THEN 'Mobile' "
        "WHEN 'web' THEN 'Desktop' END",
        "meta:_wc_order_attribution_source_type": "'utm'",
        "meta:_wc_order_attribution_utm_source": "source",
        "line_item_1": "item",
        "line_item_2": "second_item",
    },
    {
        "cancelled": Fault("cancelled", {"status": "'cancelled'"}),
        "unpaid": Fault("unpaid", {"status": "'on-hold'", "paid_date": "NULL"}),
        "refunded": Fault("refunded in full", {"status": "'refunded'"}),
        "zero": Fault("amount is zero or negative", {"order_total": "'0.00'"}),
        "no customer": Fault("no customer", {**_NOBODY, "shipping_phone": "NULL"}),
        "future": Fault("order date is in the future", {"order_date": "'2099-01-01 00:00:00'"}),
        "no date": Fault(
            "order date is missing or no date", {"order_date": "'2025-02-30 10:00:00'"}
        ),
        "currency": Fault("currency is not the shop's", {"order_currency": "'USD'"}),
        # Paid back in two parts, with their days: sold until then. The total is what it was.
        "paid back": Fault(
            "",
            {
                "refund_items": f"concat({_back('amount_minor - 1', 'torn, late')}, ';', "
                f"{_back('1', '')})"
            },
            back="amount_minor",
        ),
        "paid back in part": Fault(
            "",
            {"refund_items": _back("amount_minor // 4", "torn")},
            back="amount_minor // 4",
        ),
        "mismatch": Fault(
            "order total does not match its lines",
            {"order_subtotal": "amount_minor + discount_minor + 1000"},
        ),
        "no amount": Fault("amount is missing or no number", {"order_total": "'n/a'"}),
        "decimals": Fault(
            "amount has more decimals than the currency", {"order_total": "amount_minor + 0.5"}
        ),
        "status": Fault("status is not known", {"status": "'wc-on-the-moon'"}),
        "line": Fault("a line lacks product, quantity or price", {}),
        "no number": Fault("no order number", {"order_id": "NULL", "order_number": "NULL"}),
        "formula": Fault("", {"order_number": "concat(substr('=+-', 1 + serial % 3, 1), serial)"}),
    },
    source=_WHOLE_ORDERS,
)

WOOCOMMERCE = Cart("woocommerce", "utf-8", "\n", (ORDERS, WEBTOFFEE))
