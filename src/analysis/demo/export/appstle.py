"""Shopify with the app Appstle: the shop's own exports, and the app's of subscriptions.

The app tags orders as first or recurring and does not count them; its subscriptions have numbers
that orders do not carry. Public code names the columns of its export; times are written as the
app's interface gives them, in UTC.
"""

from analysis.demo.export.sheets import Cart, Sheet
from analysis.demo.export.shopify import CUSTOMERS, ORDERS

_SUBSCRIPTIONS = (
    "ID,Status,Customer ID,Customer email,Customer name,Customer phone,Delivery first name,"
    "Delivery last name,Delivery address 1,Delivery address 2,Delivery province code,Delivery city,"
    "Delivery zip,Delivery country code,Delivery phone,Delivery company,Delivery price amount,"
    "Delivery price currency,Created at,Updated at,Next order date,Billing interval type,"
    "Billing interval count,Billing min cycles,Billing max cycles,Delivery interval type,"
    "Delivery interval count,Payment ID,Payment method name,Payment method brand,"
    "Payment method expiry year,Payment method expiry month,Payment method last digits,"
    "Line 0 title,Line 0 SKU,Line 0 quantity,Line 0 price amount,Line 0 price currency,"
    "Line 0 product ID,Line 0 variant ID,Line 0 selling plan ID,Line 0 selling plan name,"
    "Line 0 Attributes,Cancellation date,Cancellation reason,Paused on date,"
    "Total renewals till date,First order name,First order amount,Last order name,Last order date,"
    "Last order amount,Discount applied"
)
_TAGS = (
    "CASE WHEN position <> 1 THEN NULL WHEN purchase_type = 'one_off' THEN 'spring' "
    "WHEN subscription_order_no = 1 THEN 'appstle_subscription_first_order' "
    "ELSE 'appstle_subscription_recurring_order' END"
)


def _utc(moment: str) -> str:
    # The shop is in Japan, which has no summer time.
    return f"strftime(CAST({moment} AS TIMESTAMP) - INTERVAL 9 HOUR, '%Y-%m-%dT%H:%M:%SZ')"


TAGGED = ORDERS._replace(cells={**ORDERS.cells, "Tags": _TAGS})
SUBSCRIPTIONS = Sheet(
    "subscriptions",
    tuple(_SUBSCRIPTIONS.split(",")),
    {
        "ID": "number + 9000000000",
        "Status": "CASE standing WHEN 'left' THEN 'cancelled' WHEN 'paused' THEN 'paused' "
        "ELSE 'active' END",
        "Customer ID": "number + 7000000000000",
        "Customer email": "mail",
        "Customer name": "concat(given, ' ', family)",
        "Customer phone": "phone",
        "Delivery first name": "given",
        "Delivery last name": "family",
        "Delivery address 1": "street",
        "Delivery province code": "province",
        "Delivery city": "'架空市'",
        "Delivery zip": "postcode",
        "Delivery country code": "'JP'",
        "Delivery price amount": "0",
        "Delivery price currency": "'JPY'",
        "Created at": _utc("subscribed_at"),
        "Updated at": _utc("coalesce(left_at, paused_at, last_order_at)"),
        "Next order date": _utc(
            "CASE standing WHEN 'running' THEN last_order_at + to_days(cycle_days) END"
        ),
        "Billing interval type": "'DAY'",
        "Billing interval count": "cycle_days",
        "Billing min cycles": "commitment_orders",
        "Delivery interval type": "'DAY'",
        "Delivery interval count": "cycle_days",
        "Line 0 title": "product_name",
        "Line 0 SKU": "subscribed_product",
        "Line 0 quantity": "1",
        "Line 0 price amount": "last_amount_minor",
        "Line 0 price currency": "'JPY'",
        "Cancellation date": _utc("left_at"),
        "Cancellation reason": "left_for",
        "Paused on date": _utc("paused_at"),
        "Total renewals till date": "len(serials) - 1",
        "First order name": "concat('#', serials[1])",
        "Last order name": "concat('#', serials[-1])",
        "Last order date": _utc("last_order_at"),
        "Last order amount": "last_amount_minor",
    },
    {},
)

APPSTLE = Cart("shopify_appstle", "utf-8", "\n", (TAGGED, CUSTOMERS, SUBSCRIPTIONS))
