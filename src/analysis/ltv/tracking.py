"""Week by week, do purchases come as expected? Actual and expected, with a predictive band."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from analysis.intervals import z_score
from analysis.ltv.predictive import draw_purchase_models
from analysis.ltv.purchases import DAYS_PER_WEEK, PurchaseModel, expected_new_each

# Customers simulated for the spread of what they do; more would not be seen in a chart.
_SIMULATED = 20_000
_DRAWS = 100


def track(
    purchases_by_day: pd.DataFrame,
    model: PurchaseModel,
    *,
    first_day: date,
    as_of: date,
    seed: int = 1,
) -> pd.DataFrame:
    """Follow actual and expected repeat purchases week by week, through calibration and holdout.

    Expected purchases of a week are the sum over customers of E[X(t)] for the time since each one's
    first purchase, equation (9), with no look at what they did. The band is where 95% of the weeks
    (or running totals) of such a shop would lie: the spread of what customers do, by simulating
    them, and the uncertainty of the parameters.

    Args:
        purchases_by_day: `sql/purchases_by_day.sql`; only customers acquired by its `acquired_by`
            day, the end of calibration, are followed.
        model: Fitted on the calibration period only.
        first_day: Day of the first order; weeks are counted from it.
        as_of: Last day.
        seed: Seed of the simulation.

    Returns:
        One row a whole week: `week`, `last_day`, `actual`, `expected`, `low`, `high`, and the same
        as running totals: `actual_total`, `expected_total`, `low_total`, `high_total`.
    """
    days = pd.date_range(first_day, as_of)
    by_day = purchases_by_day.set_index("day").reindex(days, fill_value=0)
    new = by_day["cohort_new_customers"].to_numpy(float)
    week_ends = np.arange(DAYS_PER_WEEK - 1, len(days), DAYS_PER_WEEK)
    expected_total = _expected([model], new, week_ends)[0]
    actual_total = by_day["cohort_repeat_purchases"].cumsum().to_numpy()[week_ends]
    rng = np.random.default_rng(seed)
    spread, spread_total = _spread(model, new, week_ends, rng)
    expected = np.diff(expected_total, prepend=0.0)
    return pd.DataFrame(
        {
            "week": np.arange(1, len(week_ends) + 1),
            "last_day": days[week_ends],
            "actual": np.diff(actual_total, prepend=0),
            "expected": expected,
            "low": np.maximum(expected - spread, 0),
            "high": expected + spread,
            "actual_total": actual_total,
            "expected_total": expected_total,
            "low_total": np.maximum(expected_total - spread_total, 0),
            "high_total": expected_total + spread_total,
        }
    )


def _expected(
    models: Sequence[PurchaseModel], new: np.ndarray, week_ends: np.ndarray
) -> np.ndarray:
    """Return the running totals at the ends of weeks, models x weeks."""
    # Computed every third day of age and drawn straight in between: E[X(t)] bends slowly.
    known = np.unique(np.append(np.arange(0, len(new), 3), len(new) - 1))
    curves = expected_new_each(models, known)
    ages = np.arange(len(new))
    so_far = [np.convolve(new, np.interp(ages, known, curve)) for curve in curves]
    return np.array(so_far)[:, week_ends]


def _spread(
    model: PurchaseModel, new: np.ndarray, week_ends: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return half the width of the bands, of weeks and of running totals."""
    curves = _expected(draw_purchase_models(model, rng, _DRAWS), new, week_ends)
    total = new.sum()
    first = rng.choice(len(new), size=min(_SIMULATED, int(total)), p=new / total)
    weeks = simulate_weeks(model, first, len(week_ends), rng)
    # What one customer adds to the variance, around what is expected of one of that age.
    scale = total / len(first)
    found = []
    for counts, parameters in (
        (weeks, np.diff(curves, prepend=0.0, axis=1)),
        (np.cumsum(weeks, axis=1), curves),
    ):
        own = _within_variance(counts, first) * scale
        found.append(z_score(0.95) * np.sqrt(own + parameters.var(axis=0, ddof=1)))
    return found[0], found[1]


def _within_variance(counts: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return the sum of squares around the mean of customers who came in the same week."""
    cohort = pd.Series(first // DAYS_PER_WEEK)
    frame = pd.DataFrame(counts)
    means = frame.groupby(cohort).transform("mean")
    return ((frame - means) ** 2).sum(axis=0).to_numpy(float)


def simulate_weeks(
    model: PurchaseModel, first_days: np.ndarray, weeks: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw the repeat purchases of new customers, week by week since the shop's first day.

    Args:
        model: A fitted model.
        first_days: Day of each one's first purchase, counted from 0.
        weeks: Whole weeks to draw.
        rng: Source of the draws.

    Returns:
        An array of customers x weeks.
    """
    counts = np.zeros((len(first_days), weeks))
    rate = rng.gamma(model.r, 1 / model.alpha, len(first_days)) / DAYS_PER_WEEK
    leaving = np.clip(rng.beta(model.a, model.b, len(first_days)), 1e-12, 1 - 1e-12)
    left = rng.geometric(leaving) - model.first_chances
    here = np.flatnonzero(left > 0)
    now = first_days[here].astype(float)
    last = weeks * DAYS_PER_WEEK
    while len(here):
        now = now + rng.exponential(size=len(here)) / np.maximum(rate[here], 1e-12)
        kept = now < last
        here, now = here[kept], now[kept]
        np.add.at(counts, (here, (now // DAYS_PER_WEEK).astype(int)), 1)
        left[here] -= 1
        stays = left[here] > 0
        here, now = here[stays], now[stays]
    return counts
