"""Subscriptions of WooCommerce, by the two plugins that export them.

Both write times in UTC, and 0 where there is none. Neither says why somebody left. WebToffee's
names the first order and those that followed; that of WooCommerce Subscriptions names no order, and
has a column for the day of the cancellation in which it writes nothing: the end says it.
"""

from analysis.demo.export.sheets import Sheet

_PEOPLE = (
    "{0}_first_name,{0}_last_name{1},{0}_address_1,{0}_address_2,{0}_postcode,{0}_city,"
    "{0}_state,{0}_country,{0}_company"
)
_BILLING = _PEOPLE.format("billing", ",billing_email,billing_phone")
_SHIPPING = _PEOPLE.format("shipping", "")
_WEBTOFFEE = (
    "subscription_id,subscription_status,customer_id,customer_username,customer_email,date_created,"
    "trial_end_date,next_payment_date,last_order_date_created,end_date,post_parent,billing_period,"
    "billing_interval,order_shipping,order_shipping_tax,fee_total,fee_tax_total,order_tax,"
    "cart_discount,cart_discount_tax,order_total,order_currency,payment_method,"
    f"payment_method_title,shipping_method,{_BILLING},{_SHIPPING},shipping_phone,customer_note,"
    "order_items,order_notes,renewal_orders,shipping_items,coupon_items,fee_items,tax_items,"
    "download_permissions"
)
_WOOCOMMERCE = (
    "subscription_id,subscription_status,customer_id,start_date,trial_end_date,next_payment_date,"
    "last_payment_date,cancelled_date,end_date,billing_period,billing_interval,order_shipping,"
    "order_shipping_tax,fee_total,fee_tax_total,order_tax,cart_discount,cart_discount_tax,"
    "order_total,order_currency,payment_method,payment_method_title,payment_method_post_meta,"
    f"payment_method_user_meta,requires_manual_renewal,shipping_method,{_BILLING},{_SHIPPING},"
    "customer_note,order_items,order_notes,coupon_items,fee_items,tax_items,download_permissions"
)
# A subscription is a post like any order, and numbered with them.
_ID = "number * 10000 + 9999"


def stamp(moment: str, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Return the SQL that writes a moment, in the shop's own time as it is given."""
    return f"strftime(CAST({moment} AS TIMESTAMP), '{form}')"


def person(whose: str) -> dict[str, str]:
    """Return the columns of a person's name and address."""
    cells = {
        "first_name": "given",
        "last_name": "family",
        "phone": "phone",
        "address_1": "street",
        "postcode": "postcode",
        "city": "'架空市'",
        "state": "province",
        "country": "'JP'",
    }
    return {f"{whose}_{column}": cell for column, cell in cells.items()}


def _utc(moment: str) -> str:
    # The shop is in Japan, which has no summer time.
    return f"coalesce({stamp(f'{moment} - INTERVAL 9 HOUR')}, '0')"


def _status(prefix: str = "") -> str:
    return (
        f"CASE standing WHEN 'left' THEN '{prefix}cancelled' WHEN 'paused' THEN '{prefix}on-hold' "
        f"ELSE '{prefix}active' END"
    )


_NEXT = "CASE standing WHEN 'running' THEN last_order_at + to_days(cycle_days) END"
_BOTH = {
    "subscription_id": _ID,
    "customer_id": "number",
    "trial_end_date": "'0'",
    "next_payment_date": _utc(_NEXT),
    "end_date": _utc("left_at"),
    "billing_period": "'day'",
    "billing_interval": "cycle_days",
    "order_shipping": "0",
    "order_shipping_tax": "0",
    "fee_total": "0",
    "fee_tax_total": "0",
    "order_tax": "0",
    "cart_discount": "0",
    "cart_discount_tax": "0",
    "order_total": "last_amount_minor",
    "order_currency": "'JPY'",
    "payment_method": "'stripe'",
    "payment_method_title": "'Credit card'",
    **person("billing"),
    "billing_email": "mail",
    **person("shipping"),
    "download_permissions": "0",
}
_PRODUCT = "product_id:', CAST(subscribed_product[2:] AS INTEGER), '|name:', product_name, '"

WEBTOFFEE = Sheet(
    "subscriptions",
    tuple(_WEBTOFFEE.split(",")),
    {
        **_BOTH,
        "subscription_status": _status(),
        "customer_username": "concat('user', number)",
        "customer_email": "mail",
        "date_created": _utc("subscribed_at"),
        "last_order_date_created": _utc("last_order_at"),
        "post_parent": "serials[1]",
        "renewal_orders": "array_to_string(serials[2:], '|')",
        "order_items": f"concat('{_PRODUCT}|sku:', subscribed_product, '|quantity:1|total:', "
        "last_amount_minor, '.00|sub_total:', last_amount_minor, '.00|tax_data:')",
    },
    {},
)
OFFICIAL = Sheet(
    "subscriptions",
    tuple(_WOOCOMMERCE.split(",")),
    {
        **{column: cell for column, cell in _BOTH.items() if column != "shipping_phone"},
        "subscription_status": _status("wc-"),
        "start_date": _utc("subscribed_at"),
        "last_payment_date": _utc("last_order_at"),
        "requires_manual_renewal": "'false'",
        "order_items": f"concat('{_PRODUCT}|quantity:1|total:', last_amount_minor, "
        "'.00|meta:|tax:0.00')",
    },
    {},
)
