"""What will the subscriptions that run now bring? Orders and money within a horizon, and for good.

Who leaves a subscription says so, and orders come when they are due: no model of silent leaving
belongs here. Fader and Hardie (2010), Customer-Base Valuation in a Contractual Setting, Marketing
Science 29(1), 85-93.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.churn.people import is_running
from analysis.churn.transitions import MIN_AT_RISK
from analysis.intervals import z_score
from analysis.ltv.renewals import Renewals, drawn_hazards, expected_hazards, with_commitment
from analysis.residual_life import present_orders, terms_of

_DAYS_PER_YEAR = 365.25
DRAWS = 200


class SubscriptionOutlook(NamedTuple):
    """What a group of running subscriptions is expected to bring, with 95% predictive intervals.

    Attributes:
        subscriptions: Subscriptions in the group.
        orders: Orders expected within the horizon.
        orders_low: Lower end of the interval.
        orders_high: Upper end of the interval.
        value_minor: Amount expected within the horizon, in minor units.
        value_minor_low: Lower end of the interval.
        value_minor_high: Upper end of the interval.
        residual_minor: Present value of all orders still to come, in minor units.
    """

    subscriptions: int
    orders: float
    orders_low: float
    orders_high: float
    value_minor: float
    value_minor_low: float
    value_minor_high: float
    residual_minor: float


def running(subscriptions: pd.DataFrame, *, grace_days: int) -> pd.DataFrame:
    """Keep the subscriptions whose next order can still be expected: not paused, not overdue.

    Args:
        subscriptions: `sql/running_subscriptions.sql`.
        grace_days: Days after the due day in which an order still counts as taken.
    """
    return subscriptions[is_running(subscriptions, grace_days=grace_days)].reset_index(drop=True)


def stretch(subscriptions: pd.DataFrame) -> float:
    """Return how much longer than its cycle the wait for an order is on average, skips included.

    >>> stretch(pd.DataFrame({"steps": [2, 0], "cycle_days": [30, 30], "span_days": [66, 0]}))
    1.1
    """
    planned = float(subscriptions["steps"] @ subscriptions["cycle_days"])
    return max(float(subscriptions["span_days"].sum()) / planned, 1.0) if planned > 0 else 1.0


def next_amounts(subscriptions: pd.DataFrame, cells: pd.DataFrame) -> np.ndarray:
    """Return what each subscription's next order is expected to bring, in minor units.

    The last order's amount; after a first order, which an offer may have made cheaper, that times
    what later orders of the same offer bring for one of its first orders.

    Args:
        subscriptions: `sql/running_subscriptions.sql`.
        cells: What `churn.count_transitions` returned.
    """
    offers = cells[cells["cut"] == "offer"]
    sums = (
        offers.assign(offer=offers["offer"].fillna(""), is_first=offers["order_no"] == 1)
        .groupby(["offer", "is_first"])[["amount_minor", "subscriptions"]]
        .sum()
    )
    mean = (sums["amount_minor"] / sums["subscriptions"]).where(
        sums["subscriptions"] >= MIN_AT_RISK
    )
    factors = (
        mean.xs(False, level="is_first") / mean.xs(True, level="is_first")
        if {True, False} <= set(mean.index.unique("is_first"))
        else pd.Series(dtype=float)
    )
    factor = subscriptions["offer"].map(factors).astype(float)
    factor = factor.where((subscriptions["order_no"] == 1) & np.isfinite(factor), 1.0)
    return (subscriptions["amount_minor"] * factor).to_numpy(float)


def score_subscriptions(
    subscriptions: pd.DataFrame,
    renewals: Renewals,
    cells: pd.DataFrame,
    *,
    horizon_days: int,
    annual_discount_rate: float,
) -> pd.DataFrame:
    """Predict each running subscription.

    Args:
        subscriptions: What `running` returned.
        renewals: What `fit_renewals` returned.
        cells: What `churn.count_transitions` returned.
        horizon_days: Length of the horizon.
        annual_discount_rate: What a payment one year later is worth less.

    Returns:
        The subscriptions with `slots` (orders that fit into the horizon), `next_amount_minor`,
        `waited_share` (of the losses before the next order, those that would have been seen),
        `stay_chance` (that the next order comes), `expected_orders`, `orders_variance`,
        `expected_value_minor` (within the horizon, undiscounted) and `residual_minor` (the present
        value of all further orders).
    """
    cycle = subscriptions["cycle_days"].to_numpy(float) * stretch(subscriptions)
    due = np.maximum(subscriptions["days_until_next_order"].to_numpy(float), 0)
    slots = np.where(due <= horizon_days, np.floor((horizon_days - due) / cycle) + 1, 0)
    scored = subscriptions.assign(
        slots=slots.astype(int),
        next_amount_minor=next_amounts(subscriptions, cells),
        waited_share=np.clip(1 - due / cycle, 0, 1) * (1 - renewals.late_share),
    )
    hazards = expected_hazards(renewals, _last_order(scored))
    stay, orders, squares = _moments(scored, hazards[None, :], renewals)
    residual = _residual(scored, renewals, annual_discount_rate=annual_discount_rate)
    mean = (stay * orders)[0]
    return scored.assign(
        stay_chance=stay[0],
        expected_orders=mean,
        orders_variance=(stay * squares)[0] - mean**2,
        expected_value_minor=mean * scored["next_amount_minor"],
        residual_minor=residual * stay[0] * scored["next_amount_minor"],
    )


def outlook_by(
    scored: pd.DataFrame,
    renewals: Renewals,
    groups: pd.Series,
    *,
    seed: int = 1,
    draws: int = DRAWS,
) -> dict[str, SubscriptionOutlook]:
    """Sum the predictions over groups of subscriptions, with predictive intervals.

    The interval holds the chance in what each subscriber does and the uncertainty of the chances
    to leave: the variance within a draw of those plus the variance between draws.

    Args:
        scored: What `score_subscriptions` returned.
        renewals: What `fit_renewals` returned.
        groups: The group of each row, by name.
        seed: Seed of the draws.
        draws: How many to take.

    Returns:
        Group name to its outlook, and `total` for all together.
    """
    rng = np.random.default_rng(seed)
    hazards = drawn_hazards(renewals, _last_order(scored), rng=rng, draws=draws)
    stay, orders, _squares = _moments(scored, hazards, renewals, rng=rng)
    drawn = stay * orders
    found = {}
    for name in [*sorted(set(groups)), "total"]:
        rows = (groups == name).to_numpy() | (name == "total")
        found[str(name)] = _outlook(scored[rows], drawn[:, rows])
    return found


def _outlook(scored: pd.DataFrame, drawn: np.ndarray) -> SubscriptionOutlook:
    amount = scored["next_amount_minor"].to_numpy(float)
    variance = scored["orders_variance"].to_numpy(float)
    ends = []
    for weight in (np.ones(len(scored)), amount):
        total = float(scored["expected_orders"].to_numpy() @ weight)
        between = np.einsum("ij,j->i", drawn, weight).var(ddof=1)
        margin = z_score(0.95) * float(np.sqrt(variance @ weight**2 + between))
        ends += [total, max(total - margin, 0.0), total + margin]
    return SubscriptionOutlook(len(scored), *ends, float(scored["residual_minor"].sum()))


def _last_order(scored: pd.DataFrame) -> int:
    return int((scored["order_no"] + scored["slots"]).max()) if len(scored) else 1


def _moments(
    scored: pd.DataFrame, hazards: np.ndarray, renewals: Renewals,
    *, rng: np.random.Generator | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Return the chance of the next order, and mean and mean square of all if it comes.

    Who has waited part of the time without cancelling is less likely to leave before the next
    order: those who cancel do so at any time in between. Lapses and failed payments are not seen
    before the order is due, so their part stays open until the grace has passed.
    """
    shape = (len(hazards), len(scored))
    stay, orders, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    waited = scored["waited_share"].to_numpy(float)
    keys = scored[["order_no", "slots"]].assign(until=_committed_until(scored))
    chances = {
        until: with_commitment(hazards, renewals, int(until), rng=rng)
        for until in sorted(set(keys["until"]))
    }
    for (order, slots, until), rows in keys.groupby(["order_no", "slots", "until"]).indices.items():
        if slots == 0:
            continue
        leave = chances[until][:, order - 1 : order - 1 + slots]
        further = np.cumprod(1 - leave[:, 1:], axis=1)
        first = leave[:, :1]
        stay[:, rows] = 1 - first * (1 - waited[rows]) / (1 - first * waited[rows])
        orders[:, rows] = 1 + further.sum(axis=1, keepdims=True)
        # E[N^2] = sum over k of (2 k - 1) P(N >= k).
        odd = 2 * np.arange(2, slots + 1) - 1
        squares[:, rows] = 1 + (further * odd).sum(axis=1, keepdims=True)
    return stay, orders, squares


def _committed_until(scored: pd.DataFrame) -> pd.Series:
    """Return the order with which each commitment that still holds ends, 1 for none."""
    return scored["commitment_orders"].where(scored["commitment_orders"] >= scored["order_no"], 1)


def _residual(
    scored: pd.DataFrame, renewals: Renewals, *, annual_discount_rate: float
) -> np.ndarray:
    """Return the present value, in orders, of all orders from the next one on, if that comes."""
    values = np.zeros(len(scored))
    lengthen = stretch(scored)
    keys = scored[["order_no", "cycle_days"]].assign(until=_committed_until(scored))
    groups = keys.groupby(["order_no", "cycle_days", "until"]).indices
    for (order, cycle, until), rows in groups.items():
        years = cycle * lengthen / _DAYS_PER_YEAR
        discount_share = (1 + annual_discount_rate) ** years - 1
        terms = terms_of(discount_share)
        free = expected_hazards(renewals, max(order + terms, until))
        hazards = with_commitment(free, renewals, int(until))[order : order + terms]
        later = present_orders(hazards, discount_share=discount_share) / (1 + discount_share)
        values[rows] = 1 + later
    due = np.maximum(scored["days_until_next_order"].to_numpy(float), 0)
    return values * (1 + annual_discount_rate) ** (-due / _DAYS_PER_YEAR)


def customer_values(scored: pd.DataFrame) -> pd.Series:
    """Add up the expected value within the horizon by customer, in minor units."""
    return scored.groupby("customer_id")["expected_value_minor"].sum()
