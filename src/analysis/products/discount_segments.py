"""To whom do discounts go? Shares of one-off orders, price and margin by segment of customers."""

import numpy as np
import pandas as pd

from analysis.customers import rfm
from analysis.customers.rfm import Thresholds
from analysis.customers.segments import SEGMENTS, segment
from analysis.intervals import wilson
from analysis.shop import Shop

MIN_SEGMENT = 30
TOTAL = "total"
_COUNTS = ["orders", "discounted_orders", "amount_minor", "discount_minor"]


def read_segment_discounts(
    shop: Shop, cuts: Thresholds, *, window_days: int, margin_share: float | None
) -> pd.DataFrame:
    """Read what each segment was given in one-off orders, of a shop whose orders tell discounts.

    Args:
        shop: The shop.
        cuts: Where the scores change that make the segments.
        window_days: Days whose purchases and amounts are scored.
        margin_share: Gross profit per unit of revenue, or None where it is unknown.
    """
    given = shop.reduce("customer_discounts", window_days=window_days)
    segments = segment(given, rfm.scores(given, cuts))
    return segment_discounts(given, segments, margin_share=margin_share)


def segment_discounts(
    given: pd.DataFrame, segments: pd.Series, *, margin_share: float | None
) -> pd.DataFrame:
    r"""Return how many orders of each segment were discounted, and what part of the margin went.

    The orders of one customer are alike, so $N$ of them tell less than $N$ of different people.
    Wilson's interval gets the number $N / d$ that tells as much, with the design effect

    $$d = \frac{V}{p(1-p)/N}, \quad V = \frac{k}{k-1} \frac{\sum_i (x_i - p n_i)^2}{N^2}$$

    for $k$ customers with $x_i$ discounted of $n_i$ orders each, and $d \ge 1$. Intervals hold for
    all segments together (Bonferroni), because the eye picks the extreme one.

    Args:
        given: One row per customer: orders, discounted_orders, amount_minor, discount_minor
            (`sql/customer_discounts.sql`); those without orders do not count.
        segments: Each customer's segment, index as `given`.
        margin_share: Gross profit per unit of revenue, or None where it is unknown.

    Returns:
        One row per segment of 30 customers or more, and `total` of these: segment, customers,
        orders, discounted_orders, order_share with order_low and order_high, paid_minor,
        given_minor, given_share of all that was given, price_share = given / (paid + given),
        margin_share_given = given / (margin of what was paid + given), missing without a margin.

    Source:
        Korn and Graubard (1998), Survey Methodology 24, 193-201: effective sample size.
    """
    given = given[given["orders"] > 0]
    segments = segments[given.index]
    sizes = segments.value_counts()
    shown = [name for name in SEGMENTS if sizes.get(name, 0) >= MIN_SEGMENT]
    kept = given[segments.isin(shown)]
    parts = {name: given[segments == name] for name in shown}
    whole = {TOTAL: kept} if shown else {}
    rows = [
        {"segment": name, "customers": len(part), **part[_COUNTS].sum(), "effect": _effect(part)}
        for name, part in {**parts, **whole}.items()
    ]
    table = pd.DataFrame(rows, columns=["segment", "customers", *_COUNTS, "effect"])
    table = table.rename(columns={"amount_minor": "paid_minor", "discount_minor": "given_minor"})
    confidence = 1 - 0.05 / max(len(shown), 1)
    told = (table[name] / table["effect"] for name in ("discounted_orders", "orders"))
    low, high = wilson(*told, confidence=confidence)
    paid, lost = table["paid_minor"], table["given_minor"]
    margin = np.nan if margin_share is None else margin_share * paid
    return table.drop(columns="effect").assign(
        order_share=table["discounted_orders"] / table["orders"],
        order_low=low,
        order_high=high,
        given_share=lost / (kept["discount_minor"].sum() or np.nan),
        price_share=lost / (paid + lost).where(paid + lost > 0),
        margin_share_given=lost / (margin + lost).where(margin + lost > 0),
    )


def _effect(part: pd.DataFrame) -> float:
    orders, k = part["orders"].sum(), len(part)
    share = part["discounted_orders"].sum() / orders
    independent = share * (1 - share) / orders
    if not independent:
        return 1.0
    apart = part["discounted_orders"] - share * part["orders"]
    variance = k / (k - 1) * float((apart**2).sum()) / orders**2
    return max(variance / independent, 1.0)
