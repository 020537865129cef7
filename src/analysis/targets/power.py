"""Can the test answer? What customers did anyway, and the smallest effect that a list can tell."""

import math
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.campaigns import Campaign, Kpi, condition_names, kpi_in_words, matches
from analysis.campaigns.campaign import LOWER_IS_BETTER
from analysis.errors import DataError
from analysis.experiments.baseline import Baseline
from analysis.experiments.power import (
    customers_for_mean,
    customers_for_rate,
    detectable_mean,
    detectable_rate,
)
from analysis.shop import Shop
from analysis.targets.facts import Facts, reason_codes
from analysis.targets.selection import without_consent

# Fewer customers, or fewer of them to whom it happened, say nothing of what others will do.
MIN_CUSTOMERS = 100
MIN_EVENTS = 10
_ENTRY_DAYS = 14


class Prospect(NamedTuple):
    """What a campaign's test can tell.

    Attributes:
        campaign: What the file says.
        customers: Customers that all its days are expected to assign, those of today included.
        per_day: Customers who enter the rule on a day; 0 for a campaign of one day.
        baseline: The deciding metric among customers to whom the rule applied earlier; None where
            there were too few.
        detectable: Smallest effect that can be told from none with 80% power; missing where even a
            change of everybody could not be told. None without a baseline.
        needed: Customers that would tell the expected effect; None where no number would, or
            without a baseline.
    """

    campaign: Campaign
    customers: int
    per_day: float
    baseline: Baseline | None
    detectable: float | None
    needed: int | None = None

    @property
    def can_answer(self) -> bool | None:
        """Whether the expected effect can be told; None where that is not known."""
        if self.detectable is None:
            return None
        return bool(abs(self.campaign.expected_effect) >= self.detectable)


def prospect(
    shop: Shop, campaign: Campaign, facts: Facts, *, assigned: int, today: int
) -> Prospect:
    """Return the smallest effect that a campaign's list can tell.

    With several arms each is compared with control, with Bonferroni's wider intervals, as the
    evaluation does.

    Args:
        shop: The shop.
        campaign: What the file says.
        facts: What is known of customers as of the shop's day.
        assigned: Customers assigned on earlier days.
        today: Customers who are assigned today.
    """
    remaining = (campaign.ends_on - facts.as_of).days - 1
    per_day = _entries_per_day(shop, campaign, facts, assigned + today) if remaining > 0 else 0.0
    customers = assigned + today + round(per_day * max(remaining, 0))
    baseline = baseline_of(shop, campaign)
    found = _detectable(campaign, baseline, customers) if baseline and customers else None
    needed = _needed(campaign, baseline) if baseline else None
    return Prospect(campaign, customers, per_day, baseline, found, needed)


def _needed(campaign: Campaign, baseline: Baseline) -> int | None:
    compared, design = _design(campaign)
    effect = abs(campaign.expected_effect)
    if baseline.unit != "share":
        return math.ceil(customers_for_mean(baseline.deviation, effect, **design) / compared)
    mean = _asked_rate(campaign, baseline)
    if mean + effect >= 1:
        return None
    return math.ceil(customers_for_rate(mean, effect, **design) / compared)


def _design(campaign: Campaign) -> tuple[float, dict[str, float]]:
    """Return the share of the customers in the smallest comparison, and how it is designed."""
    smallest = min(share for _arm, share in campaign.arms)
    compared = campaign.holdout_share + smallest
    return compared, {
        "holdout_share": campaign.holdout_share / compared,
        "confidence": 1 - 0.05 / len(campaign.arms),
    }


def _asked_rate(campaign: Campaign, baseline: Baseline) -> float:
    """Return the rate whose rise is hoped for: where it is to fall, that of its complement."""
    falls = campaign.primary.metric in LOWER_IS_BETTER or campaign.expected_effect < 0
    return 1 - baseline.mean if falls else baseline.mean


def _detectable(campaign: Campaign, baseline: Baseline, customers: int) -> float:
    compared, design = _design(campaign)
    size = max(customers * compared, 2.0)
    if baseline.unit != "share":
        return float(detectable_mean(baseline.deviation, size, **design))
    return float(detectable_rate(_asked_rate(campaign, baseline), size, **design))


def _entries_per_day(shop: Shop, campaign: Campaign, facts: Facts, taken: int) -> float:
    """Return how many customers a day come to match the rule, by the last two weeks."""
    earlier = facts.as_of - timedelta(days=_ENTRY_DAYS)
    if earlier <= shop.first_day or not taken:
        return 0.0
    before = _matching(Facts(shop, as_of=earlier), campaign)
    now = _matching(facts, campaign)
    entered = len(np.setdiff1d(now, before))
    # Of those who match, only a part is left after consent and other tests.
    return entered / _ENTRY_DAYS * min(taken / len(now), 1.0) if len(now) else 0.0


def _matching(facts: Facts, campaign: Campaign) -> np.ndarray:
    rule = without_consent(campaign.segment)
    if rule is None:
        return facts.index.to_numpy()
    held = facts.frame(condition_names(rule))
    return facts.index.to_numpy()[matches(rule, held, bought=facts.bought)]


def baseline_of(shop: Shop, campaign: Campaign) -> Baseline | None:
    """Return what customers did within the deciding metric's window, if the rule applied before it.

    The rule is asked as of one window ago, and the metric of the window since. Other campaigns of
    that time are part of it. None where fewer than 100 customers matched then, or it happened to
    fewer than 10 of them.
    """
    kpi = campaign.primary
    since = _earlier_day(campaign, shop.as_of)
    if since <= shop.first_day:
        return None
    try:
        people = _matching(Facts(shop, as_of=since), campaign)
    except DataError:
        # What the rule asks of today can be known and that of then not, such as a model's fit.
        return None
    if len(people) < MIN_CUSTOMERS:
        return None
    value = _outcome(shop, campaign, people, since=since)
    if (value != 0).sum() < MIN_EVENTS or not value.std():
        return None
    mean, deviation = float(value.mean()), float(value.std(ddof=1))
    unit = "share" if kpi.is_rate else "minor" if kpi.is_money else "count"
    if unit == "share" and not 0 < mean < 1:
        return None
    return Baseline(
        kpi_in_words(kpi, product_names=campaign.product_names),
        unit,
        mean,
        deviation,
        len(people),
        None,
        kpi.window_days,
    )


def _earlier_day(campaign: Campaign, as_of: date) -> date:
    """Return a day whose window is over; for a rule about a calendar month the same day of one."""
    latest = as_of - timedelta(days=campaign.primary.window_days)
    if "amount_this_month_minor" not in condition_names(campaign.segment):
        return latest
    month = pd.Period(latest, "M")
    while (day := _in_month(month, as_of)) > latest:
        month -= 1
    return day


def _in_month(month: pd.Period, as_of: date) -> date:
    is_last = (as_of + timedelta(days=1)).month != as_of.month
    last = month.days_in_month
    return date(month.year, month.month, last if is_last else min(as_of.day, last))


def _outcome(shop: Shop, campaign: Campaign, people: np.ndarray, *, since: date) -> np.ndarray:
    """Return a number a customer."""
    kpi = campaign.primary
    until = since + timedelta(days=kpi.window_days)
    if kpi.metric == "bought_product":
        return _bought(shop, kpi, people, until=until)
    if kpi.metric in ("continuation", "cancellation"):
        return _subscription(shop, kpi, people, until=until)
    frame = shop.reduce("target_outcomes", window_days=kpi.window_days, as_of=until)
    frame = frame.set_index("customer_id")
    frame = frame.reindex(people, fill_value=0)
    orders, amount = (frame[name].to_numpy(dtype=float) for name in ("orders", "amount_minor"))
    if kpi.metric == "purchase":
        return (orders > 0).astype(float)
    if kpi.metric == "orders":
        return orders
    return amount if kpi.metric == "revenue" else campaign.margin_share * amount


def _bought(shop: Shop, kpi: Kpi, people: np.ndarray, *, until: date) -> np.ndarray:
    some = np.zeros(len(people), dtype=bool)
    for product in kpi.product_ids:
        frame = shop.reduce("target_product_buyers", product_id=product, as_of=until)
        recent = frame.loc[frame["days_since"] < kpi.window_days, "customer_id"]
        some |= np.isin(people, recent.to_numpy(dtype=object))
    return some.astype(float)


def _subscription(shop: Shop, kpi: Kpi, people: np.ndarray, *, until: date) -> np.ndarray:
    frame = shop.reduce("target_subscriptions", as_of=until).set_index("customer_id")
    frame = frame.reindex(people)
    if kpi.metric == "continuation":
        return (frame["subscription_orders"] >= kpi.order_no).to_numpy(dtype=float)
    days = frame["days_since_cancellation"].to_numpy(dtype=float, na_value=np.nan)
    left = days < kpi.window_days
    if kpi.reasons:
        left &= np.isin(reason_codes(shop, frame), kpi.reasons)
    return left.astype(float)
