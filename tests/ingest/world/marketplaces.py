"""Worlds whose files hold lines only: an order is worth what its lines add up to."""

import random
from decimal import Decimal
from typing import Any

from tests.ingest.world.carts import LEFT_OUT, Cart, Row, Told, cart_world
from tests.ingest.world.notation import ISO_OFFSET, NOTATIONS, Money, Numbers, Quantity, When
from tests.ingest.world.sheet import Container
from tests.ingest.world.truth import Order, Traits, draw_shop
from tests.ingest.world.world import World

_AMAZON = (
    "amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date", "order-status",
    "fulfillment-channel", "sales-channel", "product-name", "sku", "asin", "item-status",
    "quantity", "currency", "item-price", "item-tax", "item-promotion-discount", "buyer-email",
    "ship-country",
)  # fmt: skip
_AMAZON_MAPPING: dict[str, Any] = {
    "order_id": "amazon-order-id",
    "email": "buyer-email",
    "ordered_at": "purchase-date",
    "amount": "lines",
    "status": [
        {
            "column": "order-status",
            "keep": ["Shipped", "Unshipped"],
            "drop": {"Cancelled": "cancelled", "Pending": "unpaid"},
        }
    ],
    "line": {
        "product_id": "sku",
        "product_name": "product-name",
        "quantity": "quantity",
        "amount": "item-price",
        "discount": "item-promotion-discount",
    },
}
_RETAIL = (
    "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
    "CustomerID", "Country",
)  # fmt: skip
_RETAIL_MAPPING: dict[str, Any] = {
    "order_id": "InvoiceNo",
    "customer_id": "CustomerID",
    "ordered_at": "InvoiceDate",
    "line": {
        "product_id": "StockCode",
        "product_name": "Description",
        "quantity": "Quantity",
        "price": "UnitPrice",
    },
}


def draw_marketplace_world(seed: int) -> World:
    """Draw the lines of a marketplace, or of a wholesaler with credit notes."""
    rng = random.Random(seed)
    return rng.choice((_amazon, _retail))(seed, rng)


def _amazon(seed: int, rng: random.Random) -> World:
    orders = draw_shop(
        rng,
        Traits(
            line_discounts=rng.choice((0, 0.2)),
            cancelled=rng.choice((0, 0.08)),
            unpaid=rng.choice((0, 0.06)),
            equal_lines=0.2,
        ),
        decimals=2,
        alphabet=rng.choice(("plain", "latin")),
        orders=rng.randint(12, 30),
    )
    cart = Cart(
        "amazon", _AMAZON, "USD", Numbers(), ISO_OFFSET,
        Container(separator="\t", encoding=rng.choice(("utf-8", "utf-8-sig"))),
        "purchase-date", _AMAZON_MAPPING,
    )  # fmt: skip
    return cart_world(
        seed, rng, cart, [_amazon_order(order) for order in orders], {"amount": "lines"}
    )


def _amazon_order(order: Order) -> Told:
    number = f"250-{4_000_000 + order.number * 7:07d}-{order.number:07d}"
    state = {"cancelled": "Cancelled", "unpaid": "Pending"}.get(order.state, "Shipped")
    rows: list[Row] = []
    for line in order.lines:
        row: Row = {
            "amazon-order-id": number,
            "purchase-date": When(order.at),
            "last-updated-date": When(order.at),
            "order-status": state,
            "product-name": line.name,
            "sku": line.code,
            "quantity": Quantity(line.quantity),
            "currency": "USD",
            "item-price": Money(line.amount + line.discount),
            "item-promotion-discount": Money(line.discount) if line.discount else "",
            "buyer-email": f"b{order.customer}@marketplace.amazon.com",
            "ship-country": "US",
        }
        if state != "Shipped":
            row |= {"item-price": "", "currency": "", "item-promotion-discount": ""}
        rows.append(row)
    return Told(number, order, rows, LEFT_OUT.get(order.state, ""))


def _retail(seed: int, rng: random.Random) -> World:
    by_number = {one.name: one for one in NOTATIONS}
    dates = by_number[rng.choice(("month/day short", "iso", "day/month/year", "iso minutes"))]
    mapping = dict(_RETAIL_MAPPING)
    if rng.random() < 0.5:
        mapping["amount_plus"] = ["UnitPrice"]
    elif rng.random() < 0.5:
        mapping["amount"] = "lines"
    if dates.day_first is not None and rng.random() < 0.5:
        mapping["day_first"] = dates.day_first
    orders = draw_shop(
        rng, Traits(refunds=rng.choice((0, 0.2)), equal_lines=0.1), decimals=2,
        alphabet=rng.choice(("plain", "latin")), orders=rng.randint(12, 30),
    )  # fmt: skip
    mapping |= {"encoding": "latin-1"} if (latin := rng.random() < 0.4) else {}
    cart = Cart(
        "online retail", _RETAIL, "GBP", Numbers(cents=rng.choice(("fixed", "trimmed"))), dates,
        Container(encoding="latin-1" if latin else "utf-8"), "InvoiceDate", mapping,
    )  # fmt: skip
    told = [_invoice(order) for order in orders]
    told = [one._replace(dated=True, tied=False) for one in told]
    told[-1].rows.extend(_credit_notes(rng, orders))
    return cart_world(seed, rng, cart, told, {"amount": "lines", "refunds": "credit notes"})


def _invoice(order: Order) -> Told:
    number = str(489_434 + order.number)
    rows: list[Row] = [
        _sold(number, order, line.code, line.name, Quantity(line.quantity), line.price)
        for line in order.lines
    ]
    return Told(number, order, rows)


def _sold(number: str, order: Order, code: str, name: str, quantity: Quantity, price: int) -> Row:
    return {
        "InvoiceNo": number,
        "StockCode": code,
        "Description": name,
        "Quantity": quantity,
        "InvoiceDate": When(order.at),
        "UnitPrice": Money(price),
        "CustomerID": f"{13_085 + order.customer}.0",
        "Country": "United Kingdom",
    }


def _credit_notes(rng: random.Random, orders: list[Order]) -> list[Row]:
    """Return the notes by which money went back, each with a number that some invoice may have."""
    rows: list[Row] = []
    for order in orders:
        for refund in order.refunds:
            at = order._replace(at=refund.at)
            number = f"C{489_434 + 3 * len(rows) + rng.randint(0, 2)}"
            minus = Quantity(Decimal(-1))
            rows.append(_sold(number, at, "SKU-000", "Taken back", minus, refund.amount))
    return rows
