"""Who has gone quiet? The chance of another purchase after a silence, from all waits, open too."""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from analysis.customers.rhythm import as_waits
from analysis.errors import ParameterError
from analysis.language import _
from analysis.survival import kaplan_meier, log_log_band

MIN_AT_RISK = 30
NEXT_DAYS = 60
FIXED_DORMANCY_DAYS = 60
# Upper ends in days of the silences shown in the table; the last is open.
SILENCE_DAYS = (30, 60, 90, 120, 180, 270, 365)

Source = Literal["curve", "given", "fixed"]


class Dormancy(NamedTuple):
    """After how long a silence a customer counts as gone quiet.

    Attributes:
        days: The threshold.
        source: `curve` where the shop's own waits tell it, `given` where a person set it, `fixed`
            where the history is too short to tell.
        best_chance: Highest chance to buy within the next 60 days, at any silence.
        chance: That chance at the threshold, None where the waits do not reach it.
        low: Lower end of its 95% interval.
        high: Upper end of it.
        at_risk: Waits that had reached the threshold.
        quiet_share: To which share of its best the chance had to fall.
    """

    days: int
    source: Source
    best_chance: float
    chance: float | None = None
    low: float | None = None
    high: float | None = None
    at_risk: int = 0
    quiet_share: float = 0.5


def chance_after_silence(gaps: pd.DataFrame, *, next_days: int = NEXT_DAYS) -> pd.DataFrame:
    r"""Estimate the chance of a purchase within the next days, given the silence so far.

    $$P(t) = 1 - S(t + h) / S(t)$$

    with $S$ the Kaplan-Meier curve of all waits and $h$ the days ahead; the interval is Greenwood's
    on the log-log scale over the days ahead only. Waits of one customer count as independent.

    Args:
        gaps: Columns `gap_days`, `has_next`, `customers` (`sql/order_gaps.sql`).
        next_days: The days ahead.

    Returns:
        One row per day of silence t after which, days ahead included, at least 30 still wait:
        `silent_days`, `at_risk` (beyond t), `chance`, `low`, `high`.

    Raises:
        ParameterError: The days ahead are below 1.
    """
    if next_days < 1:
        raise ParameterError(f"next_days == {next_days}, must be >= 1.")
    columns = ["silent_days", "at_risk", "chance", "low", "high"]
    if gaps.empty:
        return pd.DataFrame(columns=columns)
    log_survival, summed, at_risk = _by_day(gaps)
    last = len(at_risk) - 1 - next_days
    days = np.arange(max(last + 1, 0))
    # At risk beyond t: those whose wait is longer than the silence so far.
    beyond = at_risk[days + 1] if len(days) else np.array([])
    log_stays = log_survival[days + next_days] - log_survival[days]
    spread = summed[days + next_days] - summed[days]
    stays_low, stays_high = log_log_band(np.exp(log_stays), spread, beyond)
    table = pd.DataFrame(
        {
            "silent_days": days,
            "at_risk": beyond.astype("int64"),
            "chance": 1 - np.exp(log_stays),
            "low": 1 - stays_high,
            "high": 1 - stays_low,
        }
    )
    return table[at_risk[days + next_days] >= MIN_AT_RISK].reset_index(drop=True)


def silence_curves(gaps: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Estimate the chance after a silence for all waits, for first and for later ones, by label.

    Curves with less than two days to draw are left out.
    """
    is_first = gaps["order_no"] == 1
    curves = {
        _("all customers"): chance_after_silence(gaps),
        _("after the first purchase"): chance_after_silence(gaps[is_first]),
        _("after later purchases"): chance_after_silence(gaps[~is_first]),
    }
    return {label: curve for label, curve in curves.items() if len(curve) > 1}


def dormancy(chances: pd.DataFrame, *, given_days: int = 0, quiet_share: float = 0.5) -> Dormancy:
    """Set the silence after which a customer counts as gone quiet.

    From the curve: the first silence, after the best one, at which the chance to buy within the
    next 60 days has fallen to a share of its best.

    Args:
        chances: What `chance_after_silence` returned.
        given_days: A threshold set by a person; 0 asks the curve.
        quiet_share: To which share of its best the chance has to fall.

    Raises:
        ParameterError: The days are negative, or the share is not between 0 and 1.
    """
    if given_days < 0:
        raise ParameterError(f"dormancy_days == {given_days}, must be >= 0.")
    if not 0 < quiet_share < 1:
        raise ParameterError(f"quiet_share == {quiet_share}, must lie between 0 and 1.")
    best = float(chances["chance"].max()) if len(chances) else 0.0
    if given_days:
        return _at(chances, given_days, "given", best)
    after_best = chances.iloc[int(chances["chance"].argmax()) :] if best else chances
    quiet = after_best[after_best["chance"] <= quiet_share * best]
    if quiet.empty or not best or quiet["silent_days"].iloc[0] < 1:
        return _at(chances, FIXED_DORMANCY_DAYS, "fixed", best)
    found = _at(chances, int(quiet["silent_days"].iloc[0]), "curve", best)
    return found._replace(quiet_share=quiet_share)


def silence_table(gaps: pd.DataFrame, chances: pd.DataFrame) -> pd.DataFrame:
    """Count today's customers by silence, with what they can be expected to do within 60 days.

    Args:
        gaps: Columns `gap_days`, `has_next`, `customers`; open waits are today's silences.
        chances: What `chance_after_silence` returned.

    Returns:
        One row per range of silence: `from_days`, `to_days` (missing: open), `customers`,
        `expected` (customers who will buy) and `chance`, both missing for the last one, which
        begins where the curve ends.
    """
    silent = gaps.loc[~gaps["has_next"].astype(bool)]
    counts = silent.groupby("gap_days")["customers"].sum()
    chance = chances.set_index("silent_days")["chance"].reindex(counts.index)
    rows = []
    reach = int(chances["silent_days"].max()) if len(chances) else -1
    ends = [*(end for end in SILENCE_DAYS if end < reach), *([reach] if reach >= 0 else [])]
    starts = (0, *(end + 1 for end in ends))
    for low, high in zip(starts, (*ends, None), strict=True):
        within = (counts.index >= low) & (counts.index <= (np.inf if high is None else high))
        customers = int(counts[within].sum())
        known = customers > 0 and chance[within].notna().all()
        expected = float((counts[within] * chance[within]).sum()) if known else np.nan
        rows.append((low, high, customers, expected, expected / customers if known else np.nan))
    return pd.DataFrame(rows, columns=["from_days", "to_days", "customers", "expected", "chance"])


def thresholds(gaps: pd.DataFrame, chosen: Dormancy) -> pd.DataFrame:
    """Compare thresholds: days that tools use, observed waits, the curve, and the one chosen.

    Returns:
        One row each: `name` (`fixed`, `observed`, `curve_90`, `chosen`), `days` (missing where it
        is not reached), `quiet_customers` and `quiet_share`.
    """
    silent = gaps[~gaps["has_next"].astype(bool)]
    silences = silent.groupby("gap_days")["customers"].sum()
    candidates = {
        "fixed": float(FIXED_DORMANCY_DAYS),
        "observed": _observed_quantile(gaps, 0.9),
        "curve_90": _curve_quantile(gaps, 0.9),
        "chosen": float(chosen.days),
    }
    rows = []
    for name, days in candidates.items():
        quiet = np.nan if np.isnan(days) else float(silences[silences.index >= days].sum())
        rows.append((name, days, quiet, quiet / max(silences.sum(), 1)))
    return pd.DataFrame(rows, columns=["name", "days", "quiet_customers", "quiet_share"])


def _observed_quantile(gaps: pd.DataFrame, share: float) -> float:
    observed = gaps[gaps["has_next"].astype(bool)].groupby("gap_days")["customers"].sum()
    if observed.empty:
        return np.nan
    reached = observed.cumsum() >= share * observed.sum()
    return float(observed.index[reached.to_numpy().argmax()])


def _curve_quantile(gaps: pd.DataFrame, share: float) -> float:
    curve = kaplan_meier(as_waits(gaps))
    reached = curve.loc[1 - curve["survival"] >= share, "duration"]
    return float(reached.iloc[0]) if len(reached) else np.nan


def _by_day(gaps: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return log survival and Greenwood's sum up to each day, and who is at risk on it."""
    days = int(gaps["gap_days"].max()) + 1
    gap, customers = gaps["gap_days"].to_numpy(), gaps["customers"].to_numpy()
    came = gaps["has_next"].to_numpy(bool)
    ended = np.bincount(gap, weights=customers, minlength=days)
    events = np.bincount(gap[came], weights=customers[came], minlength=days)
    at_risk = ended[::-1].cumsum()[::-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        log_survival = np.cumsum(np.where(events > 0, np.log1p(-events / at_risk), 0.0))
        spread = np.where(events > 0, events / (at_risk * (at_risk - events)), 0.0)
    return log_survival, np.cumsum(spread), at_risk


def _at(chances: pd.DataFrame, days: int, source: Source, best: float) -> Dormancy:
    row = chances[chances["silent_days"] == days]
    if row.empty:
        return Dormancy(days, source, best)
    found = row.iloc[0]
    return Dormancy(
        days,
        source,
        best,
        float(found["chance"]),
        float(found["low"]),
        float(found["high"]),
        int(found["at_risk"]),
    )
