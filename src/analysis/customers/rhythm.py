"""How often do customers buy? Purchases a month, waits for the next one, the best day to write."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.customers.months import first_day_after, month_text
from analysis.errors import ParameterError
from analysis.intervals import poisson, z_score
from analysis.survival import kaplan_meier

MIN_AT_RISK = 30
WEEK_DAYS = 7
# Purchases of a month from here on are one group.
MANY_A_MONTH = 5


class WriteDay(NamedTuple):
    """When first-time buyers are nearest to their second purchase.

    Attributes:
        is_peak: Whether a later week stands out above the first one, beyond chance.
        first_day: First day of the week that stands out, or else of the first week, in days after
            the first purchase.
        last_day: Last day of it.
        rate: Second purchases a day in it, of those still without one.
        low: Lower end of its 95% interval.
        high: Upper end of it.
        half_day: Day by which half of the second purchases within the horizon have come.
        customers: First-time buyers.
    """

    is_peak: bool
    first_day: int
    last_day: int
    rate: float
    low: float
    high: float
    half_day: int | None
    customers: int


def month_frequencies(months: pd.DataFrame, *, as_of: date, last_months: int = 12) -> pd.DataFrame:
    """Average over whole months how many buyers of a month bought how often in it.

    Args:
        months: Columns `month_no`, `purchases`, `customers` (`sql/purchases_a_month.sql`).
        as_of: Day that the report speaks of; the month that it does not complete is left out.
        last_months: How many of the last whole months count.

    Returns:
        One row per number of purchases from 1 to 5 (5 and more): `purchases`, `customers` (buyers
        a month), `share`, `purchase_share` (of all purchases). Empty without a whole month.
    """
    whole = [no for no in months["month_no"].unique() if first_day_after(no) <= _day_after(as_of)]
    chosen = months[months["month_no"].isin(sorted(whole)[-last_months:])]
    if chosen.empty:
        return pd.DataFrame(columns=["purchases", "customers", "share", "purchase_share"])
    capped = chosen["purchases"].clip(upper=MANY_A_MONTH)
    customers = chosen.groupby(capped)["customers"].sum()
    bought = (chosen["customers"] * chosen["purchases"]).groupby(capped).sum()
    every = range(1, MANY_A_MONTH + 1)
    customers, bought = customers.reindex(every, fill_value=0), bought.reindex(every, fill_value=0)
    return pd.DataFrame(
        {
            "purchases": list(every),
            "customers": (customers / chosen["month_no"].nunique()).to_numpy(),
            "share": (customers / customers.sum()).to_numpy(),
            "purchase_share": (bought / bought.sum()).to_numpy(),
        }
    )


def purchases_per_buyer(months: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """Divide purchases by buyers in each whole month.

    Returns:
        One row per month: `month`, `buyers`, `purchases`, `mean`.
    """
    whole = months["month_no"].map(first_day_after) <= _day_after(as_of)
    kept = months[whole]
    sums = (
        kept.assign(bought=kept["customers"] * kept["purchases"])
        .groupby("month_no")[["customers", "bought"]]
        .sum()
    )
    return pd.DataFrame(
        {
            "month": [month_text(no) for no in sums.index],
            "buyers": sums["customers"].to_numpy(),
            "purchases": sums["bought"].to_numpy(),
            "mean": (sums["bought"] / sums["customers"]).to_numpy(float),
        }
    )


def gap_curve(gaps: pd.DataFrame, order_no: int) -> pd.DataFrame:
    """Estimate which share made the next purchase by each day after the n-th, open waits counted.

    Args:
        gaps: Columns `order_no`, `gap_days`, `has_next`, `customers` (`sql/order_gaps.sql`).
        order_no: The n in "from purchase n to n + 1".

    Returns:
        One row per day with at least 30 at risk: `day`, `at_risk`, `share`, `low`, `high`.
    """
    curve = kaplan_meier(as_waits(gaps[gaps["order_no"] == order_no]))
    curve = curve[curve["at_risk"] >= MIN_AT_RISK]
    return pd.DataFrame(
        {
            "day": curve["duration"],
            "at_risk": curve["at_risk"],
            "share": 1 - curve["survival"],
            "low": 1 - curve["high"],
            "high": 1 - curve["low"],
        }
    ).reset_index(drop=True)


def gap_curves(gaps: pd.DataFrame, order_nos: Sequence[int]) -> dict[int, pd.DataFrame]:
    """Return the curves of several n that have two days or more to draw."""
    curves = {n: gap_curve(gaps, n) for n in order_nos}
    return {n: curve for n, curve in curves.items() if len(curve) > 1}


def as_waits(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return gaps under the names that `analysis.survival` reads."""
    return gaps.rename(
        columns={"gap_days": "duration", "has_next": "observed", "customers": "count"}
    )


def best_day_to_write(gaps: pd.DataFrame, *, horizon_days: int = 180) -> WriteDay | None:
    """Find the week in which first-time buyers are likeliest to buy again, if there is one.

    Weeks after the first purchase are compared by second purchases per day at risk. A later week
    is a peak only if its rate lies above the first week's beyond chance (one-sided test on the log
    of the ratio, Bonferroni over the weeks, total error 5%). In most shops the rate only falls.

    Args:
        gaps: Columns `order_no`, `gap_days`, `has_next`, `customers` (`sql/order_gaps.sql`).
        horizon_days: How far after the first purchase to look, at least two weeks.

    Returns:
        The week that stands out, or else the first one; None with fewer than 30 first-time buyers
        or without second purchases.

    Raises:
        ParameterError: The horizon is shorter than two weeks.
    """
    if horizon_days < 2 * WEEK_DAYS:
        raise ParameterError(f"horizon_days == {horizon_days}, must be >= {2 * WEEK_DAYS}.")
    firsts = gaps[gaps["order_no"] == 1]
    events, exposed, waiting = _weekly_rates(firsts, horizon_days)
    # A week in which fewer than 30 still wait says little.
    seen = waiting >= MIN_AT_RISK
    if not seen.any() or not events[seen].sum():
        return None
    rate = np.where(seen, (events + 0.5) / np.where(seen, exposed + 0.5, 1), -np.inf)
    best = int(np.argmax(rate))
    error = np.sqrt(1 / (events[best] + 0.5) + 1 / (events[0] + 0.5))
    ratio = np.log(rate[best] / rate[0]) / error
    is_peak = best > 0 and ratio > z_score(1 - 2 * 0.05 / max(int(seen.sum()) - 1, 1))
    told = best if is_peak else 0
    low, high = (float(end / exposed[told]) for end in poisson(events[told]))
    return WriteDay(
        is_peak=bool(is_peak),
        first_day=1 + WEEK_DAYS * told,
        last_day=WEEK_DAYS * (told + 1),
        rate=float(events[told] / exposed[told]),
        low=low,
        high=high,
        half_day=_half_day(gaps, horizon_days),
        customers=int(firsts["customers"].sum()),
    )


def _weekly_rates(
    firsts: pd.DataFrame, horizon_days: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return second purchases, days at risk, and customers at risk at the start, by week."""
    days = np.arange(1, horizon_days // WEEK_DAYS * WEEK_DAYS + 1)
    gap = firsts["gap_days"].to_numpy()
    customers = firsts["customers"].to_numpy()
    came = firsts["has_next"].to_numpy(bool)
    top = max(int(gap.max(initial=0)), int(days[-1])) + 1
    ended = np.bincount(gap, weights=customers, minlength=top + 1)
    bought = np.bincount(gap[came], weights=customers[came], minlength=top + 1)
    at_risk = customers.sum() - np.concatenate(([0], ended.cumsum()))[days]
    by_week = (-1, WEEK_DAYS)
    return (
        bought[days].reshape(by_week).sum(axis=1),
        at_risk.reshape(by_week).sum(axis=1),
        at_risk.reshape(by_week)[:, 0],
    )


def _half_day(gaps: pd.DataFrame, horizon_days: int) -> int | None:
    curve = gap_curve(gaps, 1)
    within = curve[curve["day"] <= horizon_days]
    if within.empty:
        return None
    return int(within.loc[within["share"] >= within["share"].iloc[-1] / 2, "day"].iloc[0])


def _day_after(day: date) -> pd.Timestamp:
    return pd.Timestamp(day) + pd.Timedelta(days=1)
