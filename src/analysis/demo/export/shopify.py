"""Shopify's exports of orders and of customers.

Each line of an order is a row. Number, address of mail and time stand on every row; what else is
the order's own, money and states above all, stands on its first row only. There is no customer
number and no number of a subscription: what the app Skio writes into the tags tells that an order
belongs to one, and which it is.
"""

from analysis.demo.export.sheets import Cart, Fault, Sheet

# Where an order came from, as the demo shop and as Shopify call it.
SOURCES = {"web": "web", "app": "iphone", "phone": "shopify_draft_order"}

_ORDERS = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,"
    "Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,"
    "Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,"
    "Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,Billing City,"
    "Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,Shipping Street,"
    "Shipping Address1,Shipping Address2,Shipping Company,Shipping City,Shipping Zip,"
    "Shipping Province,Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,"
    "Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,"
    "Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount,Tax 1 Name,Tax 1 Value,"
    "Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,Tax 4 Name,Tax 4 Value,Tax 5 Name,Tax 5 Value,"
    "Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,Payment ID,"
    "Payment Terms Name,Next Payment Due At,Payment References"
)
_CUSTOMERS = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,"
    "Default Address Address1,Default Address Address2,Default Address City,"
    "Default Address Province Code,Default Address Country Code,Default Address Zip,"
    "Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,"
    "Tags"
)


def _stamp(moment: str) -> str:
    return f"strftime(CAST({moment} AS TIMESTAMP), '%Y-%m-%d %H:%M:%S +0900')"


def _case(texts: dict[str, str], column: str) -> str:
    cases = " ".join(f"WHEN '{name}' THEN '{text}'" for name, text in texts.items())
    return f"CASE {column} {cases} END"


_TIP_MINOR, _CARD_MINOR = 200, 5000
_REMOVED = "P023"
# Lines that Shopify writes among the goods: a tip, which the subtotal leaves out; a gift card,
# which is a debt and no sale; and a line that was taken out again, of which no piece is left.
_LINES = f"""
FROM rows WHERE fault <> 'only a gift card' OR position = 1
UNION ALL
SELECT * REPLACE (9 AS position, 2 AS kind, 'Tip' AS product_name, NULL AS product_id,
    1 AS quantity, {_TIP_MINOR} AS gross, {_TIP_MINOR} AS net)
FROM rows WHERE fault = 'tip' AND position = 1
UNION ALL
SELECT * REPLACE (9 AS position, 2 AS kind, 'Gift Card - ¥5,000' AS product_name,
    NULL AS product_id, 1 AS quantity, {_CARD_MINOR} AS gross, {_CARD_MINOR} AS net)
FROM rows WHERE fault = 'gift card' AND position = 1
UNION ALL
SELECT rows.* REPLACE (9 AS position, products.product_name AS product_name,
    products.product_id AS product_id, 0 AS quantity, 1500 AS gross, 0 AS net)
FROM rows JOIN products ON products.product_id = '{_REMOVED}'
WHERE fault = 'removed line' AND position = 1
"""  # noqa: S608 - our own names and numbers

_EVERY = {
    "Name": "concat('#', serial)",
    "Email": "typed_mail",
    "Created at": _stamp("ordered_at"),
    "Lineitem quantity": "quantity",
    "Lineitem name": "product_name",
    "Lineitem price": "CAST(ceil(gross / greatest(quantity, 1)) AS BIGINT)",
    "Lineitem sku": "product_id",
    "Lineitem requires shipping": "CASE kind WHEN 1 THEN 'true' ELSE 'false' END",
    "Lineitem taxable": "CASE kind WHEN 1 THEN 'true' ELSE 'false' END",
    "Lineitem fulfillment status": "CASE WHEN shipped_at IS NULL THEN 'pending' "
    "ELSE 'fulfilled' END",
    "Vendor": "'Demo shop'",
    # Discounts are given on lines, and so is what a price in whole yen is too high.
    "Lineitem discount": "CAST(ceil(gross / greatest(quantity, 1)) AS BIGINT) * quantity - net",
}
_FIRST = {
    "Financial Status": "'paid'",
    "Paid at": _stamp("paid_at"),
    "Fulfillment Status": "CASE WHEN shipped_at IS NULL THEN 'unfulfilled' ELSE 'fulfilled' END",
    "Fulfilled at": _stamp("shipped_at"),
    "Accepts Marketing": "CASE WHEN email_optin THEN 'yes' ELSE 'no' END",
    "Currency": "'JPY'",
    "Subtotal": "amount_minor",
    "Shipping": "0",
    "Taxes": "amount_minor - CAST(floor(amount_minor / 1.1) AS BIGINT)",
    "Total": "amount_minor",
    "Discount Code": "coupon_code",
    "Discount Amount": "discount_minor",
    "Shipping Method": "'Standard'",
    "Billing Name": "concat(given, ' ', family)",
    "Billing Street": "street",
    "Billing Address1": "street",
    "Billing City": "'架空市'",
    "Billing Zip": "concat('''', postcode)",
    "Billing Province": "province",
    "Billing Country": "'JP'",
    "Billing Phone": "concat('''', phone)",
    "Shipping Name": "concat(given, ' ', family)",
    "Shipping Street": "street",
    "Shipping Address1": "street",
    "Shipping City": "'架空市'",
    "Shipping Zip": "concat('''', postcode)",
    "Shipping Province": "province",
    "Shipping Country": "'JP'",
    "Shipping Phone": "concat('''', phone)",
    "Notes": "CASE WHEN serial % 5 = 0 THEN concat('=HYPERLINK(\"', phone, '\")', chr(10), chr(10),"
    " '\"Leave it, please\"') END",
    "Payment Method": "'Shopify Payments'",
    "Payment Reference": "concat('r', md5(CAST(serial AS VARCHAR))[:20], '.1')",
    "Refunded Amount": "0",
    "Outstanding Balance": "0",
    "Id": "serial + 5000000000000",
    "Tags": "CASE WHEN purchase_type = 'one_off' THEN 'spring' "
    "WHEN subscription_order_no = 1 THEN 'Subscription First Order, Subscription Order: 1' "
    "ELSE concat('Subscription Order: ', subscription_order_no, "
    "', Subscription Recurring Order') END",
    "Risk Level": "'Low'",
    "Source": _case(SOURCES, "channel"),
    "Phone": "concat('''', phone)",
    "Billing Province Name": "prefecture",
    "Shipping Province Name": "prefecture",
}


def _on_first(cells: dict[str, str]) -> dict[str, str]:
    """Leave an order's own cells blank on its further rows."""
    return {
        column: cell if column in _EVERY else f"CASE WHEN position = 1 THEN {cell} END"
        for column, cell in cells.items()
    }


def _order_fault(reason: str, worth: str = "amount_minor", back: str = "0", **cells: str) -> Fault:
    named = {column.replace("_", " "): cell for column, cell in cells.items()}
    return Fault(reason, _on_first(named), worth, back)


_NOBODY = dict.fromkeys(("Email", "Phone", "Billing_Phone", "Shipping_Phone"), "NULL")

ORDERS = Sheet(
    "orders",
    tuple(_ORDERS.split(",")),
    _on_first({**_FIRST, **_EVERY}),
    {
        "cancelled": _order_fault(
            "cancelled", Cancelled_at=_stamp("cancelled_at"), Financial_Status="'voided'"
        ),
        "unpaid": _order_fault("unpaid", Financial_Status="'pending'", Paid_at="NULL"),
        "refunded": _order_fault(
            "refunded in full", Financial_Status="'refunded'", Refunded_Amount="amount_minor"
        ),
        "zero": _order_fault("amount is zero or negative", Subtotal="0", Total="0"),
        "no customer": _order_fault("no customer", **_NOBODY),
        "future": _order_fault(
            "order date is in the future", Created_at="'2099-01-01 00:00:00 +0900'"
        ),
        "no date": _order_fault(
            "order date is missing or no date", Created_at="'2025-02-30 10:00:00 +0900'"
        ),
        "currency": _order_fault("currency is not the shop's", Currency="'USD'"),
        "mismatch": _order_fault(
            "order total does not match its lines", Subtotal="amount_minor + 1000"
        ),
        "no amount": _order_fault("amount is missing or no number", Total="'n/a'"),
        "decimals": _order_fault(
            "amount has more decimals than the currency", Total="amount_minor + 0.5"
        ),
        "status": _order_fault("status is not known", Financial_Status="'on_the_moon'"),
        "test order": _order_fault("test order", Payment_Method="'(for testing) Bogus Gateway'"),
        "line": Fault("a line lacks product, quantity or price", {"Lineitem quantity": "NULL"}),
        "no number": Fault("no order number", {"Name": "NULL"}),
        "formula": Fault("", {"Name": "concat(substr('=+-', 1 + serial % 3, 1), serial)"}),
        "tip": _order_fault(
            "", f"amount_minor + {_TIP_MINOR}", Total=f"amount_minor + {_TIP_MINOR}"
        ),
        "gift card": _order_fault(
            "", Subtotal=f"amount_minor + {_CARD_MINOR}", Total=f"amount_minor + {_CARD_MINOR}"
        ),
        "only a gift card": _order_fault(
            "only gift cards or deposits, no sale yet",
            Lineitem_name="'Gift Card - ¥5,000'",
            Lineitem_quantity="1",
            Lineitem_price=str(_CARD_MINOR),
            Lineitem_discount="0",
            Lineitem_sku="NULL",
            Lineitem_requires_shipping="'false'",
            Subtotal=str(_CARD_MINOR),
            Total=str(_CARD_MINOR),
        ),
        "paid with a gift card": _order_fault("", Payment_Method="'Gift Card'"),
        "removed line": Fault("", {}),
        "paid back in part": _order_fault(
            "",
            back="amount_minor // 4",
            Financial_Status="'partially_refunded'",
            Refunded_Amount="amount_minor // 4",
        ),
    },
    source=_LINES,
)

CUSTOMERS = Sheet(
    "customers",
    tuple(_CUSTOMERS.split(",")),
    {
        "Customer ID": "concat('''', number + 7000000000000)",
        "First Name": "given",
        "Last Name": "family",
        "Email": "mail",
        "Accepts Email Marketing": "CASE WHEN email_optin THEN 'yes' ELSE 'no' END",
        "Default Address Address1": "street",
        "Default Address Province Code": "province",
        "Default Address Country Code": "'JP'",
        "Default Address Zip": "concat('''', postcode)",
        "Default Address Phone": "concat('''', phone)",
        "Phone": "concat('''', phone)",
        "Accepts SMS Marketing": "CASE WHEN sms_optin THEN 'yes' ELSE 'no' END",
        "Tax Exempt": "'no'",
        "Note": "CASE WHEN number % 5 = 0 THEN '@SUM(1)' END",
    },
    {
        "no customer": Fault(
            "no customer", dict.fromkeys(("Email", "Phone", "Default Address Phone"), "NULL")
        ),
        "duplicate": Fault("the customer was exported again later", {}),
    },
)

SHOPIFY = Cart("shopify", "utf-8", "\n", (ORDERS, CUSTOMERS))
