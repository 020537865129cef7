"""WooCommerce as SkyVerge's plugin exports it with one row for each item.

The order's own cells stand on every row. What was paid back stands there as a sum, without a day;
the plugin's other formats say the day, this one does not. Subscriptions are exported by the plugin
of WooCommerce Subscriptions.
"""

from analysis.demo.export.sheets import Cart, Fault, Sheet
from analysis.demo.export.woocommerce_subscriptions import OFFICIAL, person, stamp

_ORDERS = (
    "order_id,order_number,date,status,shipping_total,shipping_tax_total,fee_total,fee_tax_total,"
    "tax_total,discount_total,order_total,refunded_total,order_currency,payment_method,"
    "shipping_method,customer_id,billing_first_name,billing_last_name,billing_company,"
    "billing_email,billing_phone,billing_address_1,billing_address_2,billing_postcode,billing_city,"
    "billing_state,billing_country,shipping_first_name,shipping_last_name,shipping_address_1,"
    "shipping_address_2,shipping_postcode,shipping_city,shipping_state,shipping_country,"
    "shipping_company,customer_note,item_id,item_product_id,item_name,item_sku,item_quantity,"
    "item_subtotal,item_subtotal_tax,item_total,item_total_tax,item_refunded,item_refunded_qty,"
    "item_meta,shipping_items,fee_items,tax_items,coupon_items,order_notes,"
    "download_permissions_granted"
)
_PERSON = {**person("billing"), **person("shipping")}
_BACK = "concat(amount_minor // 4, '.00')"

ORDERS = Sheet(
    "orders",
    tuple(_ORDERS.split(",")),
    {
        **{column: cell for column, cell in _PERSON.items() if column != "shipping_phone"},
        "order_id": "serial",
        "order_number": "serial",
        "date": stamp("ordered_at"),
        "status": "CASE WHEN shipped_at IS NULL THEN 'processing' ELSE 'completed' END",
        "shipping_total": "0",
        "shipping_tax_total": "'0.00'",
        "fee_total": "'0.00'",
        "fee_tax_total": "'0.00'",
        "tax_total": "'0.00'",
        "discount_total": "concat(discount_minor, '.00')",
        "order_total": "concat(amount_minor, '.00')",
        "refunded_total": "'0.00'",
        "order_currency": "'JPY'",
        "payment_method": "'stripe'",
        "customer_id": "CASE WHEN guest THEN 0 ELSE number END",
        "billing_email": "typed_mail",
        "customer_note": "CASE WHEN serial % 5 = 0 THEN concat('@SUM(1)', chr(10), phone) END",
        "item_id": "serial * 10 + position",
        "item_product_id": "CAST(product_id[2:] AS INTEGER)",
        "item_name": "product_name",
        "item_sku": "product_id",
        "item_quantity": "quantity",
        "item_subtotal": "concat(gross, '.00')",
        "item_subtotal_tax": "'0.00'",
        "item_total": "concat(net, '.00')",
        "item_total_tax": "'0.00'",
        "item_refunded": "'0.00'",
        "item_refunded_qty": "0",
        "coupon_items": "CASE WHEN coupon_code IS NOT NULL THEN "
        "concat('id:', serial, '|code:', coupon_code, '|amount:', discount_minor, "
        "'.00|description:') END",
        "download_permissions_granted": "0",
    },
    {
        "cancelled": Fault("cancelled", {"status": "'cancelled'"}),
        "unpaid": Fault("unpaid", {"status": "'pending'"}),
        "refunded": Fault(
            "refunded in full",
            {"status": "'refunded'", "refunded_total": "concat(amount_minor, '.00')"},
        ),
        "zero": Fault("amount is zero or negative", {"order_total": "'0.00'"}),
        "no customer": Fault(
            "no customer", {"customer_id": "0", "billing_email": "NULL", "billing_phone": "NULL"}
        ),
        "future": Fault("order date is in the future", {"date": "'2099-01-01 00:00:00'"}),
        "no date": Fault("order date is missing or no date", {"date": "'2025-02-30 10:00:00'"}),
        "currency": Fault("currency is not the shop's", {"order_currency": "'USD'"}),
        "paid back in part": Fault(
            "",
            {
                "refunded_total": _BACK,
                "item_refunded": f"CASE WHEN position = 1 THEN {_BACK} ELSE '0.00' END",
            },
            back="amount_minor // 4",
        ),
        "no amount": Fault("amount is missing or no number", {"order_total": "'n/a'"}),
        "decimals": Fault(
            "amount has more decimals than the currency", {"order_total": "amount_minor + 0.5"}
        ),
        "status": Fault("status is not known", {"status": "'on-the-moon'"}),
        "line": Fault("a line lacks product, quantity or price", {"item_quantity": "NULL"}),
        "no number": Fault("no order number", {"order_id": "NULL", "order_number": "NULL"}),
        "repeated": Fault("duplicate of an earlier row", {}),
        "formula": Fault("", {"order_number": "concat(substr('=+-', 1 + serial % 3, 1), serial)"}),
    },
)

SKYVERGE = Cart("woocommerce_skyverge", "utf-8", "\n", (ORDERS, OFFICIAL))
