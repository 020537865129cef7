"""What would customers do anyway? The shop's own rates, from which the next test is planned."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.experiments.power import customers_for_mean, customers_for_rate, days_needed
from analysis.language import _
from analysis.shop import Shop

MIN_CUSTOMERS = 100
_DAYS_A_YEAR = 365


class Baseline(NamedTuple):
    """One metric as it is without a campaign.

    Attributes:
        label: The metric in words.
        unit: `share` or `minor`.
        mean: Rate or mean per customer.
        deviation: Standard deviation between customers.
        customers: Customers it rests on.
        customers_per_day: Customers who enter such a segment on a day; None where the list is there
            at once.
        window_days: How long each customer is watched.
    """

    label: str
    unit: str
    mean: float
    deviation: float
    customers: int
    customers_per_day: float | None
    window_days: int


class Plan(NamedTuple):
    """What a test of one metric would take.

    Attributes:
        baseline: The metric without a campaign.
        effect: The change that is to be told from none.
        customers: Customers in all arms.
        days: From the first assignment to the readout; None where the shop's list is too short.
    """

    baseline: Baseline
    effect: float
    customers: int
    days: int | None


def baselines_of(shop: Shop, *, window_days: int) -> list[Baseline]:
    """Return a shop's own rates within a window that ended on its day."""
    continuation = None
    if "subscription_id" in shop.engine.tables["orders"]:
        continuation = shop.reduce("baseline_continuation", window_days=window_days)
    purchases = shop.reduce("baseline_purchases", window_days=window_days)
    return baselines(purchases, continuation, window_days=window_days)


def baselines(
    purchases: pd.DataFrame, continuation: pd.DataFrame | None, *, window_days: int
) -> list[Baseline]:
    """Return the shop's own rates: bought, revenue, and continuation at the first orders.

    Args:
        purchases: What `sql/baseline_purchases.sql` returned.
        continuation: What `sql/baseline_continuation.sql` returned; None without subscriptions.
        window_days: The window of both.
    """
    weight = purchases["customers"].to_numpy(dtype=float)
    customers = int(weight.sum())
    found = []
    if customers >= MIN_CUSTOMERS:
        rate = float(weight[purchases["orders"].to_numpy() > 0].sum() / customers)
        amount = purchases["amount_minor"].to_numpy(dtype=float)
        mean = float((amount * weight).sum() / customers)
        deviation = float(np.sqrt((weight * (amount - mean) ** 2).sum() / (customers - 1)))
        within = {"days": window_days}
        found = [
            Baseline(
                _("bought within {days} days, of last year's customers").format(**within),
                "share", rate, float(np.sqrt(rate * (1 - rate))), customers, None, window_days,
            ),
            Baseline(
                _("revenue within {days} days, of last year's customers").format(**within),
                "minor", mean, deviation, customers, None, window_days,
            ),
        ]  # fmt: skip
    for row in _early(continuation):
        rate = row.continued / row.subscriptions
        found.append(
            Baseline(
                _("took order {next} within {days} days of order {order}").format(
                    next=row.order_no + 1, order=row.order_no, days=window_days
                ),
                "share",
                rate,
                float(np.sqrt(rate * (1 - rate))),
                int(row.subscriptions),
                row.subscriptions / _DAYS_A_YEAR,
                window_days,
            )
        )
    return [each for each in found if each.mean > 0 and each.deviation > 0]


def _early(continuation: pd.DataFrame | None) -> list:
    if continuation is None:
        return []
    early = continuation[
        (continuation["order_no"] <= 3) & (continuation["subscriptions"] >= MIN_CUSTOMERS)
    ]
    return list(early.itertuples(index=False))


def plan(baseline: Baseline, *, effect_share: float, holdout_share: float) -> Plan | None:
    """Return what telling a relative change of a metric would take, or None if it cannot be.

    Args:
        baseline: The metric without a campaign.
        effect_share: The change, as a share of what it is without.
        holdout_share: Share of the customers held out.
    """
    effect = baseline.mean * effect_share
    if baseline.unit == "share":
        if not 0 < baseline.mean + effect < 1:
            return None
        customers = customers_for_rate(baseline.mean, effect, holdout_share=holdout_share)
    else:
        customers = customers_for_mean(baseline.deviation, effect, holdout_share=holdout_share)
    days: int | None = None
    if baseline.customers_per_day:
        days = days_needed(
            customers,
            customers_per_day=baseline.customers_per_day,
            window_days=baseline.window_days,
        )
    elif customers <= baseline.customers:
        days = baseline.window_days
    return Plan(baseline, effect, customers, days)


def plans(
    found: Sequence[Baseline], *, effect_share: float, holdout_share: float = 0.5
) -> list[Plan]:
    """Return what a test of each metric would take, where it can be told at all."""
    planned = [plan(each, effect_share=effect_share, holdout_share=holdout_share) for each in found]
    return [each for each in planned if each is not None]
