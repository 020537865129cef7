"""When is a product used up? Days to the next purchase of the same product, open waits included."""

import numpy as np
import pandas as pd

from analysis.products.pairs import upper_tail
from analysis.survival import kaplan_meier, share_by

MIN_AT_RISK = 30
_QUARTERS = (0.25, 0.5, 0.75)
_WEEK_DAYS = 7
_FALSE_RHYTHMS = 0.05


def replenishment(gaps: pd.DataFrame, *, within_days: int) -> pd.DataFrame:
    r"""Estimate for each product when customers buy it again, if they do.

    $F(t)$ is one minus the Kaplan-Meier estimate of not having bought it again, so waits that are
    still open count for as long as they have lasted; gaps of those who came back alone would seem
    too short. The interval of a product is $[t_{25}, t_{75}]$ with
    $t_q = \min \{t : F(t) \ge q F(\text{within\_days})\}$: when the middle half of those who buy
    again within `within_days` do so.

    Args:
        gaps: Columns product_no, gap_days, has_next, customers (`sql/product_gaps.sql`).
        within_days: How long a wait is followed, days.

    Returns:
        One row per product with 30 purchases or more that were answered within `within_days` and 30
        that were followed for as long, those with a rhythm first, then the most answered:
        product_no, purchases, answered, again_share with again_low and again_high ($F$ at
        `within_days`), early_days, middle_days, late_days ($t_{25}, t_{50}, t_{75}$), middle_low
        and middle_high (95% of $t_{50}$), has_rhythm, peak_from_days and peak_to_days (`_rhythm`;
        missing without), due (customers whose open wait is now between a week before the peak and
        its end, or between $t_{25}$ and $t_{75}$ without a rhythm).
    """
    rows = []
    grouped = gaps.groupby("product_no", sort=True)
    for product_no, waits in grouped:
        row = _of_product(waits, within_days=within_days, products=grouped.ngroups)
        if row:
            rows.append({"product_no": product_no, **row})
    columns = ["product_no", "purchases", "answered", "again_share", "again_low", "again_high"]
    columns += ["early_days", "middle_days", "late_days", "middle_low", "middle_high"]
    columns += ["has_rhythm", "peak_from_days", "peak_to_days", "due"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(
        ["has_rhythm", "answered", "product_no"],
        ascending=[False, False, True],
        ignore_index=True,
    )


def _of_product(waits: pd.DataFrame, *, within_days: int, products: int) -> dict[str, float] | None:
    curve = kaplan_meier(
        pd.DataFrame(
            {
                "duration": waits["gap_days"],
                "observed": waits["has_next"],
                "count": waits["customers"],
            }
        )
    )
    followed = curve[curve["duration"] >= within_days]["at_risk"]
    answered = int(curve.loc[curve["duration"] <= within_days, "events"].sum())
    if answered < MIN_AT_RISK or followed.empty or followed.iloc[0] < MIN_AT_RISK:
        return None
    share, low, high = share_by(curve, within_days)
    early, middle, late = (_day(curve, "survival", part * share) for part in _QUARTERS)
    peak = _rhythm(curve, within_days=within_days, products=products)
    since, until = (peak[0] - _WEEK_DAYS, peak[1]) if peak else (early, late)
    is_due = ~waits["has_next"].astype(bool) & waits["gap_days"].between(since, until)
    return {
        "purchases": int(waits["customers"].sum()),
        "answered": answered,
        "again_share": share,
        "again_low": low,
        "again_high": high,
        "early_days": early,
        "middle_days": middle,
        "late_days": late,
        # The band of the curve crosses the same level earlier and later than the curve.
        "middle_low": _day(curve, "low", share / 2),
        "middle_high": _day(curve, "high", share / 2),
        "has_rhythm": peak is not None,
        "peak_from_days": peak[0] if peak else np.nan,
        "peak_to_days": peak[1] if peak else np.nan,
        "due": int(waits.loc[is_due, "customers"].sum()),
    }


def _day(curve: pd.DataFrame, column: str, share: float) -> float:
    """Return the first day by which the share has bought again, infinite where never."""
    reached = (1 - curve[column] >= share - 1e-12).to_numpy()
    return float(curve["duration"].iloc[int(reached.argmax())]) if reached.any() else np.inf


def _rhythm(curve: pd.DataFrame, *, within_days: int, products: int) -> tuple[float, float] | None:
    """Return the first and last day of the weeks in which a used-up product is bought again.

    Whoever buys on occasion buys again less and less likely the longer it has been. A product that
    is used up is bought again in one week more often, per customer still waiting, than in all weeks
    before it: a one-sided binomial test of the week against those before, at 5% over all weeks and
    products (Bonferroni). The peak holds the weeks around it that are at least half as high above
    the level before.
    """
    week = (curve["duration"].to_numpy() - 1) // _WEEK_DAYS
    # Who waits for d days was at risk on each of them; days between two rows have no events.
    inside = (curve["duration"].to_numpy() >= 1) & (curve["duration"].to_numpy() <= within_days)
    weeks = within_days // _WEEK_DAYS
    days = np.arange(1, weeks * _WEEK_DAYS + 1)
    later = np.searchsorted(curve["duration"].to_numpy(), days)
    waiting = np.append(curve["at_risk"].to_numpy(), 0)[later]
    exposure = waiting.reshape(weeks, _WEEK_DAYS).sum(axis=1).astype(float)
    inside &= week < weeks
    events = np.bincount(
        week[inside].astype(int), weights=curve["events"].to_numpy()[inside], minlength=weeks
    )
    before = np.cumsum(events) - events, np.cumsum(exposure) - exposure
    both = exposure + before[1]
    share = np.divide(exposure, both, out=np.ones(weeks), where=both > 0)
    p_value = upper_tail(pd.Series(events), pd.Series(events + before[0]), share)
    p_value[0] = 1.0
    best = int(p_value.argmin())
    if p_value[best] * weeks * products > _FALSE_RHYTHMS:
        return None
    rate = np.divide(events, exposure, out=np.zeros(weeks), where=exposure > 0)
    level = before[0][best] / before[1][best]
    high = rate >= level + (rate[best] - level) / 2
    first = last = best
    while first > 0 and high[first - 1]:
        first -= 1
    while last < weeks - 1 and high[last + 1]:
        last += 1
    return float(first * _WEEK_DAYS + 1), float((last + 1) * _WEEK_DAYS)
