"""What is true of a drawn shop, before anybody writes it down."""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

Kind = Literal["goods", "tip", "gift_card", "fee", "shipping", "deposit"]
State = Literal["paid", "cancelled", "unpaid", "test"]

# Names that single-byte and Japanese encodings can hold, by alphabet.
PRODUCTS = {
    "plain": ["Mug", "Plate, large", 'Knife 8"', "Tea; loose", "Soap | bar", "Gift\nset", "Cup"],
    "latin": ["Crème brûlée", "Thé vert", "Käsekuchen", "Piñata", "Mug £5", "Müsli", "Açaí", "Cup"],
    "polish": ["Łyżka", "Świeca", "Żurek", "Kubek", "Miód", "Gęś", "Ćwikła", "Cup"],
    "japanese": ["化粧水①", "美容液 髙級", "石鹸", "お茶〜緑", "シャンプー", "枕", "箸", "Cup"],
}
FIRST_DAY = datetime(2023, 1, 9)
DAYS = 780


class Line(NamedTuple):
    """One product of an order; money in minor units."""

    product: int
    code: str
    name: str
    quantity: Decimal
    price: int
    discount: int = 0
    kind: Kind = "goods"

    @property
    def amount(self) -> int:
        exact = self.quantity * self.price
        assert exact == int(exact)
        return int(exact) - self.discount


class Refund(NamedTuple):
    """Money that went back on a day."""

    at: datetime
    amount: int


class Order(NamedTuple):
    """An order as the shop knows it."""

    number: int
    customer: int
    at: datetime
    lines: tuple[Line, ...]
    discount: int = 0
    postage: int = 0
    state: State = "paid"
    refunds: tuple[Refund, ...] = ()

    def sum_of(self, *kinds: Kind) -> int:
        return sum(line.amount for line in self.lines if line.kind in kinds)

    @property
    def goods(self) -> int:
        return self.sum_of("goods")

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines) + self.postage - self.discount

    @property
    def revenue(self) -> int:
        """What the order brought before refunds: money for vouchers and deposits is none."""
        return self.total - self.sum_of("gift_card", "deposit")

    @property
    def refunded(self) -> int:
        return sum(refund.amount for refund in self.refunds)


class Traits(NamedTuple):
    """What the shop has, each a chance per order or line."""

    fractions: float = 0
    samples: float = 0
    removed: float = 0
    tips: float = 0
    gift_cards: float = 0
    postage: float = 0
    discounts: float = 0
    line_discounts: float = 0
    cancelled: float = 0
    unpaid: float = 0
    tests: float = 0
    refunds: float = 0
    full_refunds: float = 0
    equal_lines: float = 0
    several_refunds: float = 0


def draw_shop(
    rng: random.Random,
    traits: Traits,
    *,
    decimals: int,
    alphabet: str,
    orders: int,
    large: bool = False,
    whole: bool = False,
) -> list[Order]:
    """Draw orders in the order of their time.

    Args:
        rng: Where chance comes from.
        traits: What occurs.
        decimals: Decimals of the currency.
        alphabet: Key of `PRODUCTS`.
        orders: How many.
        large: Whether prices reach thousands.
        whole: Whether prices have no cents.
    """
    one = 10**decimals
    names = PRODUCTS[alphabet]
    low, high = (3, 90) if decimals else (300, 9000)
    prices = []
    for _ in names:
        units = rng.randint(low, high) * (rng.choice((1, 1, 40)) if large else 1)
        cents = 0 if whole or not decimals else rng.choice((0, 50, 90, 95, 99, rng.randint(1, 99)))
        prices.append(units * one + cents)
    customers = max(3, orders * 2 // 3)
    moments = sorted(
        FIRST_DAY + timedelta(days=rng.randrange(DAYS), seconds=rng.randrange(9 * 3600, 20 * 3600))
        for _ in range(orders)
    )
    return [
        _order(rng, traits, number, rng.randrange(customers), at, names, prices, one)
        for number, at in enumerate(moments)
    ]


def _order(
    rng: random.Random,
    traits: Traits,
    number: int,
    customer: int,
    at: datetime,
    names: list[str],
    prices: list[int],
    one: int,
) -> Order:
    lines = [_line(rng, traits, names, prices) for _ in range(rng.choice((1, 1, 2, 2, 3, 4)))]
    if rng.random() < traits.equal_lines:
        lines.append(lines[0])
    if rng.random() < traits.removed:
        lines.append(_line(rng, Traits(), names, prices)._replace(quantity=Decimal(0)))
    if rng.random() < traits.samples:
        lines.append(Line(90, "SAMPLE", "Free sample", Decimal(1), 0))
    if rng.random() < traits.tips:
        lines.append(Line(91, "", "Tip", Decimal(1), rng.randint(1, 9) * one, kind="tip"))
    if rng.random() < traits.gift_cards:
        card = Line(92, "GC", "Gift Card - 50", Decimal(1), 50 * one, kind="gift_card")
        lines = [card] if rng.random() < 0.4 else [*lines, card]
    goods = sum(line.amount for line in lines if line.kind == "goods")
    discount = goods // 10 if rng.random() < traits.discounts else 0
    postage = rng.choice((4 * one, 7 * one)) if goods and rng.random() < traits.postage else 0
    lot = rng.random()
    state: State = "paid"
    for name, chance in (
        ("cancelled", traits.cancelled),
        ("unpaid", traits.unpaid),
        ("test", traits.tests),
    ):
        if lot < chance and state == "paid":
            state = name  # type: ignore[assignment]
        lot -= chance
    order = Order(number, customer, at, tuple(lines), discount, postage, state)
    return order._replace(refunds=_refunds(rng, traits, order))


def _line(rng: random.Random, traits: Traits, names: list[str], prices: list[int]) -> Line:
    product = rng.randrange(len(names))
    price = prices[product]
    quantity = Decimal(rng.choice((1, 1, 1, 2, 3, 12)))
    if rng.random() < traits.fractions:
        price += price % 2
        quantity = Decimal(rng.choice(("0.5", "1.5", "2.5")))
    discount = 0
    if rng.random() < traits.line_discounts:
        discount = int(quantity * price) // 10
    return Line(product, f"SKU-{product:03d}", names[product], quantity, price, discount)


def _refunds(rng: random.Random, traits: Traits, order: Order) -> tuple[Refund, ...]:
    room = min(order.goods - order.discount, order.revenue)
    if order.state != "paid" or room < 10 or rng.random() >= traits.refunds:
        return ()
    full = rng.random() < traits.full_refunds
    amount = order.revenue if full else rng.randint(1, room - 1)
    later = order.at + timedelta(days=rng.randint(1, 40), seconds=rng.randrange(3600))
    if amount > 4 and rng.random() < traits.several_refunds:
        first = amount // 2
        last = later + timedelta(days=3)
        return (Refund(later, first), Refund(last, amount - first))
    return (Refund(later, amount),)
