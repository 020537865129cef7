"""Worlds in the shape of Shopify's order export, as it is and as spreadsheets save it again."""

import random
from typing import Any

from tests.ingest.world.carts import LEFT_OUT, Cart, Row, Told, cart_world
from tests.ingest.world.notation import (
    ISO_OFFSET,
    SERIAL,
    SHOPIFY,
    Money,
    Numbers,
    Quantity,
    When,
)
from tests.ingest.world.people import mail_of, phone_of
from tests.ingest.world.sheet import Container
from tests.ingest.world.truth import Order, Traits, draw_shop
from tests.ingest.world.world import World

_COLUMNS = (
    "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at",
    "Accepts Marketing", "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Code",
    "Discount Amount", "Shipping Method", "Created at", "Lineitem quantity", "Lineitem name",
    "Lineitem price", "Lineitem compare at price", "Lineitem sku", "Lineitem requires shipping",
    "Lineitem taxable", "Lineitem fulfillment status", "Billing Name", "Notes", "Cancelled at",
    "Payment Method", "Payment Reference", "Refunded Amount", "Vendor", "Outstanding Balance",
    "Employee", "Id", "Tags", "Risk Level", "Source", "Lineitem discount", "Phone",
    "Receipt Number", "Duties",
)  # fmt: skip
_OPTIONAL = {
    "Fulfilled at", "Accepts Marketing", "Shipping Method", "Lineitem compare at price",
    "Lineitem requires shipping", "Billing Name", "Notes", "Payment Reference", "Vendor",
    "Employee", "Id", "Risk Level", "Receipt Number", "Duties", "Outstanding Balance",
}  # fmt: skip
_COUNTED = {
    "paid": ("paid", "paid", "partially_refunded"),
    "unpaid": ("pending", "authorized", "expired"),
    "cancelled": ("voided", "paid"),
    "test": ("paid",),
}


def draw_shopify_world(seed: int) -> World:
    """Draw an export of Shopify's orders."""
    rng = random.Random(seed)
    currency = rng.choice(("USD", "EUR", "GBP", "JPY"))
    traits = Traits(
        fractions=rng.choice((0, 0, 0.1)),
        samples=rng.choice((0, 0.1)),
        removed=rng.choice((0, 0.1)),
        tips=rng.choice((0, 0.15)),
        gift_cards=rng.choice((0, 0, 0.1)),
        postage=rng.choice((0, 0.6)),
        discounts=rng.choice((0, 0.2)),
        line_discounts=rng.choice((0, 0.2)),
        cancelled=rng.choice((0, 0.06)),
        unpaid=rng.choice((0, 0.06)),
        tests=rng.choice((0, 0, 0.05)),
        refunds=rng.choice((0, 0.2)),
        full_refunds=rng.choice((0, 0.3)),
        equal_lines=rng.choice((0, 0.1)),
    )
    orders = draw_shop(
        rng,
        traits,
        decimals=0 if currency == "JPY" else 2,
        alphabet=rng.choice(("plain", "latin", "japanese")),
        orders=rng.randint(12, 30),
        large=rng.random() < 0.3,
    )
    saved_again = rng.random() < 0.3 and currency == "EUR"
    cod = rng.random() < 0.15
    cart = _cart(rng, currency, saved_again=saved_again, cod=cod)
    by_phone = rng.random() < 0.2
    skus = rng.random() < 0.7
    if not skus:
        cart = cart._replace(code=lambda line: " ".join(line.name.split()))
    told = [
        _told(rng, order, currency=currency, by_phone=by_phone, skus=skus, cod=cod)
        for order in orders
    ]
    labels = {"identity": "phone" if by_phone else "mail", "saved again": str(saved_again)}
    return cart_world(seed, rng, cart, told, labels)


def _cart(rng: random.Random, currency: str, *, saved_again: bool, cod: bool) -> Cart:
    columns = tuple(name for name in _COLUMNS if name not in _OPTIONAL or rng.random() < 0.7)
    mapping: dict[str, Any] | None = None
    if cod:
        mapping = {
            "extends": "shopify_orders",
            "status": [{"column": "Financial Status", "keep": ["pending"]}],
        }
    dates = rng.choice((SHOPIFY, SHOPIFY, SHOPIFY, ISO_OFFSET))
    container = Container(newline="\n", tail=rng.random() < 0.1)
    numbers = Numbers()
    if saved_again:
        numbers = Numbers(",", cents=rng.choice(("fixed", "trimmed")))
        container = Container(separator=";", encoding=rng.choice(("utf-8", "utf-8-sig", "utf-16")))
    elif rng.random() < 0.15:
        container = Container(kind="typed")
        dates = rng.choice((SHOPIFY, SERIAL))
    if container.kind == "typed":
        container = Container(kind=rng.choice(("texts", "texts", "csv")))
    return Cart("shopify", columns, currency, numbers, dates, container, "Created at", mapping)


def _told(
    rng: random.Random, order: Order, *, currency: str, by_phone: bool, skus: bool, cod: bool
) -> Told:
    number = f"#{1001 + order.number}"
    status = rng.choice(_COUNTED[order.state])
    reason = LEFT_OUT.get(order.state, "")
    if order.state == "paid":
        status = "paid"
        if order.refunds:
            whole = order.refunded == order.total
            status = "refunded" if whole else "partially_refunded"
    if status == "pending" and cod:
        reason = ""
    every: Row = {"Name": number, "Created at": When(order.at)}
    if by_phone and order.customer % 2:
        every["Phone"] = phone_of(rng, order.customer, currency=currency, forms=True)
    else:
        every["Email"] = mail_of(rng, order.customer, forms=True, invisible=True)
    own = _own(rng, order, status, currency)
    rows = [every | _line(line, skus=skus) for line in order.lines]
    rows[0] |= own
    return Told(number, order, rows, reason)


def _own(rng: random.Random, order: Order, status: str, currency: str) -> Row:
    subtotal = order.total - order.postage - order.sum_of("tip")
    own: Row = {
        "Financial Status": status,
        "Fulfillment Status": rng.choice(("fulfilled", "unfulfilled")),
        "Currency": currency,
        "Subtotal": Money(subtotal),
        "Shipping": Money(order.postage),
        "Taxes": Money(0),
        "Total": Money(order.total),
        "Discount Code": "MAY10" if order.discount else "",
        "Discount Amount": Money(order.discount + sum(line.discount for line in order.lines)),
        "Payment Method": "Shopify Payments",
        "Refunded Amount": Money(order.refunded),
        "Outstanding Balance": Money(0),
        "Id": str(5_454_350_001_234 + order.number),
        "Source": "web",
        "Risk Level": "Low",
    }
    if order.state not in ("unpaid",):
        own["Paid at"] = When(order.at)
    if order.state == "cancelled":
        own["Cancelled at"] = When(order.at)
    if order.state == "test":
        own["Payment Method"] = "(for testing) Bogus Gateway"
    return own


def _line(line: Any, *, skus: bool) -> Row:
    return {
        "Lineitem quantity": Quantity(line.quantity),
        "Lineitem name": " ".join(line.name.split()),
        "Lineitem price": Money(line.price),
        "Lineitem sku": line.code if skus else "",
        "Lineitem requires shipping": "true",
        "Lineitem taxable": "true",
        "Lineitem fulfillment status": "fulfilled",
        "Lineitem discount": Money(line.discount),
        "Vendor": "Own",
    }
