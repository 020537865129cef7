"""What do the demo shop's customers buy one by one? BG/NBD times, Gamma-Gamma amounts, products.

Time is even time, which `clock` turns into hours and weekdays. Products are drawn independently of
amounts, and only by what was bought before, so each planted truth can be found without the others.
"""

from typing import NamedTuple

import numpy as np

from analysis.demo.catalogue import IDS, ONE_OFF, PRICES, pick
from analysis.demo.clock import DAY_SECONDS, Clock
from analysis.demo.people import People
from analysis.demo.truth import NextProduct, Truth

COUPONS = ("WELCOME10", "THANKS10")
NO_COUPON = -1
NO_PRODUCT = -1
_SMALLEST_MINOR = 100
_COUPON_CHANCE, _POINTS_CHANCE = 0.12, 0.08
_SECOND_CHANCE, _SECOND_SHARE = 0.3, 0.35
# Products of a planted pair are never second lines: those would blur what draws to what.
_SECOND = ONE_OFF[5:]


class Purchases(NamedTuple):
    """One-off orders of one portion of the shop, by customer and time, as arrays.

    Attributes:
        person: Position of the customer in the portion.
        second: Second since the clock's day 0.
        amount_minor: What was paid, after discounts.
        discount_minor: Coupons and points used.
        coupon: Position in `COUPONS`, -1 without.
        product: Position in the catalogue of the first line's product.
        second_product: Position of the second line's product, -1 without.
    """

    person: np.ndarray
    second: np.ndarray
    amount_minor: np.ndarray
    discount_minor: np.ndarray
    coupon: np.ndarray
    product: np.ndarray
    second_product: np.ndarray


class Buyers(NamedTuple):
    """How each customer who buys one by one does so, as arrays.

    Attributes:
        person: Position of the customer in the portion.
        rate_per_day: Purchases a day in even time, while a customer.
        left: Day in even time of leaving for good, infinite for later than anything drawn.
        shape: Shape of the customer's amounts.
        scale_minor: Scale of the customer's amounts.
    """

    person: np.ndarray
    rate_per_day: np.ndarray
    left: np.ndarray
    shape: np.ndarray
    scale_minor: np.ndarray


def draw_purchases(
    times: np.random.Generator,
    baskets: np.random.Generator,
    people: People,
    *,
    clock: Clock,
    horizon: float,
    truth: Truth,
) -> tuple[Purchases, Buyers]:
    """Draw every one-off order up to a day.

    Args:
        times: Decides who buys when.
        baskets: Decides what is bought and paid.
        people: The customers.
        clock: The shop's clock.
        horizon: The day, in even time.
        truth: What is planted.
    """
    buyers = np.flatnonzero(people.buys)
    sources = truth.sources
    r, alpha, a, b, p, q, v = (
        np.array([getattr(source, name) for source in sources])[people.source[buyers]]
        for name in ("r", "alpha_weeks", "a", "b", "p", "q", "v_minor")
    )
    rate = times.standard_gamma(r) / (alpha * 7)
    leaving = times.beta(a, b)
    who, even, left = _histories(times, rate, leaving, people.came[buyers], horizon)
    second = clock.calendar(even)
    scale = v / times.standard_gamma(q)
    amounts = baskets.standard_gamma(p[who]) * scale[who]
    amount = np.maximum(np.floor(amounts).astype(np.int64), _SMALLEST_MINOR)
    first = np.diff(who, prepend=-1) != 0
    product = _products(baskets, first, second, truth.next_products)
    discount, coupon = _discounts(baskets, amount, first)
    purchases = Purchases(
        person=buyers[who],
        second=second,
        amount_minor=amount,
        discount_minor=discount,
        coupon=coupon,
        product=product,
        second_product=_second_products(baskets, product),
    )
    return purchases, Buyers(buyers, rate, left, p, scale)


def _histories(
    rng: np.random.Generator,
    rate: np.ndarray,
    leaving: np.ndarray,
    came: np.ndarray,
    horizon: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return buyer and moment of each purchase, and the moment when each buyer leaves."""
    still = np.arange(len(came))
    moment, left = came.copy(), np.full(len(came), np.inf)
    buyers, moments = [still], [came]
    while still.size:
        # A rate of zero buys never again.
        with np.errstate(divide="ignore"):
            moment[still] += rng.standard_exponential(still.size) / rate[still]
        still = still[moment[still] < horizon]
        buyers.append(still)
        moments.append(moment[still])
        stays = rng.random(still.size) >= leaving[still]
        left[still[~stays]] = moment[still[~stays]]
        still = still[stays]
    who, when = np.concatenate(buyers), np.concatenate(moments)
    order = np.argsort(who, kind="stable")
    return who[order], when[order], left


def _products(
    rng: np.random.Generator,
    first: np.ndarray,
    second: np.ndarray,
    next_products: tuple[NextProduct, ...],
) -> np.ndarray:
    product = pick(rng.random(len(first)), ONE_OFF)
    drawn = rng.random(len(first))
    gap = np.diff(second // DAY_SECONDS, prepend=0)
    # What is bought depends on what was bought before: second orders first, then third ones.
    starts = np.flatnonzero(first)
    rank = np.arange(len(first)) - np.repeat(starts, np.diff(starts, append=len(first)))
    by_rank = np.argsort(rank, kind="stable")
    for now in np.split(by_rank, np.flatnonzero(np.diff(rank[by_rank])) + 1)[1:]:
        before = product[now - 1]
        for rule in next_products:
            follows = (
                (before == IDS.index(rule.product_id))
                & (gap[now] >= rule.from_days)
                & (gap[now] <= rule.to_days)
                & (drawn[now] < rule.chance)
            )
            product[now[follows]] = IDS.index(rule.next_product_id)
    return product


def _discounts(
    rng: np.random.Generator, amount: np.ndarray, first: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    chance = rng.random(len(amount))
    with_coupon = chance < _COUPON_CHANCE
    with_points = ~with_coupon & (chance < _COUPON_CHANCE + _POINTS_CHANCE)
    points = rng.integers(1, 11, len(amount)) * 50
    discount = np.where(with_coupon, amount // 9, np.where(with_points, points, 0))
    coupon = np.where(with_coupon, np.where(first, 0, 1), NO_COUPON)
    return discount, coupon


def _second_products(rng: np.random.Generator, product: np.ndarray) -> np.ndarray:
    wanted = rng.random(len(product)) < _SECOND_CHANCE
    other = pick(rng.random(len(product)), _SECOND)
    return np.where(wanted & (other != product), other, NO_PRODUCT)


class Lines(NamedTuple):
    """Order lines as arrays.

    Attributes:
        order: Position of the order.
        line_no: 1, then 2.
        product: Position in the catalogue.
        quantity: Pieces.
        amount_minor: What was paid for the line; the lines of an order add up to its amount.
    """

    order: np.ndarray
    line_no: np.ndarray
    product: np.ndarray
    quantity: np.ndarray
    amount_minor: np.ndarray


def order_lines(amount_minor: np.ndarray, product: np.ndarray, second: np.ndarray) -> Lines:
    """Divide orders into their lines.

    Args:
        amount_minor: What was paid for each order.
        product: Product of its first line.
        second: Product of its second line, -1 without.
    """
    two = second != NO_PRODUCT
    share = np.where(two, np.floor(amount_minor * _SECOND_SHARE).astype(np.int64), 0)
    orders = np.arange(len(amount_minor))
    order = np.concatenate((orders, orders[two]))
    line_no = np.repeat([1, 2], [len(orders), two.sum()])
    what = np.concatenate((product, second[two]))
    paid = np.concatenate((amount_minor - share, share[two]))
    by_order = np.lexsort((line_no, order))
    # Pieces bring what a piece costs near its list price.
    quantity = np.maximum((2 * paid + PRICES[what]) // (2 * PRICES[what]), 1)
    return Lines(*(column[by_order] for column in (order, line_no, what, quantity, paid)))
