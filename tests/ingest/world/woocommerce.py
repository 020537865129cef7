"""Worlds in the shapes of WooCommerce's export plug-ins."""

import random
from decimal import Decimal
from typing import Any

from tests.ingest.world.carts import LEFT_OUT, Cart, Row, Told, cart_world, early
from tests.ingest.world.notation import ISO, NOTATIONS, Dates, Money, Numbers, Quantity, When
from tests.ingest.world.people import mail_of
from tests.ingest.world.sheet import Container
from tests.ingest.world.truth import Line, Order, Traits, draw_shop
from tests.ingest.world.world import World

_SLASHED = ("day/month/year", "month/day/year", "month/day short", "month/day/yy time")
_STATUS = {
    "paid": ("completed", "processing"),
    "cancelled": ("cancelled",),
    "unpaid": ("pending", "on-hold", "failed"),
}
_WEBTOFFEE = (
    "order_id", "order_number", "order_date", "paid_date", "status", "shipping_total",
    "discount_total", "order_total", "order_subtotal", "order_currency", "customer_id",
    "customer_user", "customer_email", "billing_email", "coupon_items", "refund_items",
)  # fmt: skip
_SKYVERGE = (
    "order_id", "order_number", "order_number_formatted", "order_date", "status",
    "shipping_total", "shipping_tax_total", "fee_total", "fee_tax_total", "tax_total",
    "discount_total", "order_total", "refunded_total", "order_currency", "payment_method",
    "shipping_method", "customer_id", "billing_email", "customer_note", "line_items",
    "shipping_items", "fee_items", "tax_items", "coupon_items", "refunds", "order_notes",
)  # fmt: skip
_ITEM_ROWS = (
    "order_id", "order_number", "order_date", "status", "discount_total", "order_total",
    "refunded_total", "order_currency", "customer_id", "billing_email", "item_id",
    "item_product_id", "item_name", "item_sku", "item_quantity", "item_total",
)  # fmt: skip
_ADVANCED = (
    "Order Number", "Order Status", "Order Date", "Customer Note", "Email (Billing)", "SKU",
    "Item #", "Item Name", "Quantity", "Item Cost", "Coupon Code", "Discount Amount",
    "Cart Discount Amount", "Order Subtotal Amount", "Order Shipping Amount",
    "Order Refund Amount", "Order Total Amount",
)  # fmt: skip
ADVANCED_MAPPING = {
    "order_id": "Order Number",
    "line_id": "Item #",
    "email": "Email (Billing)",
    "ordered_at": "Order Date",
    "amount_plus": ["Order Total Amount"],
    "amount_minus": ["Order Refund Amount"],
    "goods": "Order Subtotal Amount",
    "discount": "Cart Discount Amount",
    "status": [
        {
            "column": "Order Status",
            "keep": ["Completed", "Processing"],
            "drop": {
                "Refunded": "refunded in full",
                "Cancelled": "cancelled",
                **dict.fromkeys(("Pending", "On-hold", "Failed"), "unpaid"),
            },
        }
    ],
    "line": {
        "product_id": "SKU",
        "product_name": "Item Name",
        "quantity": "Quantity",
        "price": "Item Cost",
    },
}
_SHAPES = {
    "webtoffee": _WEBTOFFEE,
    "skyverge": _SKYVERGE,
    "woo item rows": _ITEM_ROWS,
    "advanced export": _ADVANCED,
}


def draw_woocommerce_world(seed: int) -> World:
    """Draw an export of WooCommerce's orders by one of four shapes."""
    rng = random.Random(seed)
    shape = rng.choice(tuple(_SHAPES))
    currency = rng.choice(("USD", "EUR", "GBP"))
    advanced = shape == "advanced export"
    traits = Traits(
        fractions=rng.choice((0, 0.1)),
        samples=rng.choice((0, 0.1)),
        postage=rng.choice((0, 0.6)),
        line_discounts=0 if advanced else rng.choice((0, 0.2)),
        discounts=rng.choice((0, 0.2)) if advanced else 0,
        cancelled=rng.choice((0, 0.06)),
        unpaid=rng.choice((0, 0.06)),
        refunds=rng.choice((0, 0.25)),
        full_refunds=rng.choice((0, 0.3)),
        equal_lines=rng.choice((0, 0.1)),
        several_refunds=rng.choice((0, 0.4)),
    )
    orders = draw_shop(
        rng, traits, decimals=2, alphabet=rng.choice(("plain", "latin")),
        orders=rng.randint(12, 30), large=rng.random() < 0.3,
    )  # fmt: skip
    dates = rng.choice((ISO, ISO, *(one for one in NOTATIONS if one.name in _SLASHED)))
    if dates.day_first is not None and rng.random() < 0.2:
        orders = early(orders)
    cart = _cart(rng, shape, currency, dates)
    told = [_told(rng, shape, order, currency) for order in orders]
    if shape == "webtoffee":
        most = max(len(order.lines) for order in orders)
        columns = (*cart.columns, *(f"line_item_{number}" for number in range(1, most + 1)))
        cart = cart._replace(columns=columns)
    return cart_world(seed, rng, cart, told, {"identity": "number, guests by mail"})


def _cart(rng: random.Random, shape: str, currency: str, dates: Dates) -> Cart:
    mapping: dict[str, Any] | None = None
    if shape == "advanced export":
        mapping = dict(ADVANCED_MAPPING)
    if dates.day_first is not None and rng.random() < 0.5:
        base = mapping or {"extends": "woocommerce_orders"}
        # Which format it extends is for the header to tell where there are several of this cart.
        mapping = base | {"day_first": dates.day_first} if shape != "skyverge" else mapping
    if shape == "woo item rows" and mapping:
        mapping = None
    numbers, container = Numbers(), Container(newline="\n")
    if currency == "EUR" and rng.random() < 0.3:
        # Packed cells keep their points when a spreadsheet writes commas.
        numbers, container = Numbers(",", cents="trimmed"), Container(separator=";")
    return Cart(
        shape, _SHAPES[shape], currency, numbers, dates, container,
        "Order Date" if shape == "advanced export" else "order_date", mapping,
    )  # fmt: skip


def _told(rng: random.Random, shape: str, order: Order, currency: str) -> Told:
    number = str(501 + order.number)
    status = rng.choice(_STATUS[order.state])
    reason = LEFT_OUT.get(order.state, "")
    if order.refunds and order.refunded == order.total:
        status = rng.choice((status, "refunded"))
        reason = "refunded in full" if status == "refunded" else reason
    dated = shape in ("webtoffee", "skyverge")
    if shape == "advanced export":
        rows = _advanced(order, number, status)
        return Told(number, order, rows, reason)
    guest = order.customer % 4 == 0
    own: Row = {
        "order_id": number,
        "order_number": number,
        "order_number_formatted": f"#{number}",
        "order_date": When(order.at),
        "paid_date": When(order.at) if order.state == "paid" else "",
        "status": status,
        "shipping_total": Money(order.postage),
        "discount_total": Money(sum(line.discount for line in order.lines)),
        "order_total": Money(order.total),
        "order_subtotal": Money(sum(line.amount + line.discount for line in order.lines)),
        "refunded_total": Money(order.refunded),
        "order_currency": currency,
        "customer_id": "0" if guest else str(7 + order.customer),
        "customer_user": "0" if guest else str(7 + order.customer),
        "billing_email": mail_of(rng, order.customer, forms=False, invisible=False),
        **dict.fromkeys(("shipping_tax_total", "fee_total", "tax_total"), Money(0)),
    }
    if shape == "woo item rows":
        rows = [own | _item(line, number) for number, line in enumerate(order.lines, start=1)]
        return Told(number, order, _numbered(rows, order), reason)
    return Told(number, order, [own | _packed(shape, order)], reason, dated)


def _numbered(rows: list[Row], order: Order) -> list[Row]:
    return [row | {"item_id": f"{order.number}{at:02d}"} for at, row in enumerate(rows, start=10)]


def _item(line: Line, number: int) -> Row:
    return {
        "item_product_id": str(31_000 + line.product),
        "item_name": line.name,
        "item_sku": line.code,
        "item_quantity": Quantity(line.quantity),
        "item_total": Money(line.amount),
    }


def _packed(shape: str, order: Order) -> Row:
    backs = [(f"{refund.at:%Y-%m-%d %H:%M:%S}", _plain(refund.amount)) for refund in order.refunds]
    if shape == "webtoffee":
        cells: Row = {
            f"line_item_{number}": f"name:{_safe(line)}|product_id:{31_000 + line.product}"
            f"|sku:{line.code}|quantity:{line.quantity.normalize():f}|total:{_plain(line.amount)}"
            f"|sub_total:{_plain(line.amount + line.discount)}"
            for number, line in enumerate(order.lines, start=1)
        }
        backs_told = [f"amount:{amount}|reason:torn|date:{day}" for day, amount in backs]
        return cells | {"refund_items": ";".join(backs_told)}
    items = [
        f"id:{number}|name:{_safe(line)}|product_id:{31_000 + line.product}|sku:{line.code}"
        f"|quantity:{line.quantity.normalize():f}|subtotal:{_plain(line.amount + line.discount)}"
        f"|subtotal_tax:0.00|total:{_plain(line.amount)}|total_tax:0.00|refunded:0.00"
        f"|refunded_qty:0|meta:"
        for number, line in enumerate(order.lines, start=1)
    ]
    told = [
        f"id:{number}|date:{day}|amount:{amount}|reason:torn"
        for number, (day, amount) in enumerate(backs, start=77)
    ]
    return {"line_items": ";".join(items), "refunds": ";".join(told)}


def _safe(line: Line) -> str:
    return line.name.replace("|", "/").replace(";", ",")


def _plain(minor: int) -> str:
    return f"{Decimal(minor).scaleb(-2):.2f}"


def _advanced(order: Order, number: str, status: str) -> list[Row]:
    own: Row = {
        "Order Number": number,
        "Order Status": status.capitalize(),
        "Order Date": When(order.at),
        "Email (Billing)": f"ann.{order.customer}@example.com",
        "Cart Discount Amount": Money(order.discount),
        "Discount Amount": Money(0),
        "Order Subtotal Amount": Money(order.goods),
        "Order Shipping Amount": Money(order.postage),
        "Order Refund Amount": Money(order.refunded),
        "Order Total Amount": Money(order.total),
    }
    return [
        own
        | {
            "SKU": line.code,
            "Item #": str(at),
            "Item Name": line.name,
            "Quantity": Quantity(line.quantity),
            "Item Cost": Money(line.price),
        }
        for at, line in enumerate(order.lines, start=1)
    ]
