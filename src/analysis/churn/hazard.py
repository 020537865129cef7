"""At which order do subscribers leave? The life table by order number, with intervals."""

import numpy as np
import pandas as pd

from analysis.churn.transitions import (
    COMMITTED,
    CONTINUED,
    LOST,
    MIN_AT_RISK,
    NOT_YET_DUE,
    PAUSED,
    subscriptions,
)
from analysis.intervals import wilson
from analysis.survival import log_log_band

_COUNTS = ("at_risk", "lost", "free_at_risk", "free_lost", "not_yet_due", "committed", "paused")


def order_hazards(cells: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    r"""Estimate the chance to leave after each order, among those who could and whose time is up.

    $$h(n) = \frac{d_n}{r_n}, \qquad S(n) = \prod_{k \le n} (1 - h(k))$$

    with $d_n$ lost after order $n$ among $r_n$ at risk: those whose next order was due more than
    the grace ago, whatever came of it, and who were free to leave. The interval of $h$ is
    Wilson's, that of $S$ Greenwood's on the log-log scale, or where nobody or everybody was lost
    Wilson's for none of those at risk.

    Args:
        cells: Rows of one cut (`sql/subscription_transitions.sql`), or of a part of it.
        confidence: Share of intervals that hold the truth.

    Returns:
        One row per order number from 1 to the last that anybody is at risk at: `order_no`,
        `at_risk`, `lost`, `hazard`, `low`, `high`, `survival`, `survival_low`, `survival_high`,
        the same counts without subscriptions whose commitment ends with this order
        (`free_at_risk`, `free_lost`, `free_hazard`, `free_low`, `free_high`), the excluded
        (`not_yet_due`, `committed`, `paused`) and `is_shown` (30 or more at risk, and all before).
    """
    table = _counts(cells)
    for start, prefix in (("", ""), ("free_", "free_")):
        lost, at_risk = table[f"{start}lost"], table[f"{start}at_risk"]
        interval = wilson(lost, at_risk, confidence=confidence)
        table[f"{prefix}hazard"] = (lost / at_risk.where(at_risk > 0)).astype(float)
        table[f"{prefix}low"], table[f"{prefix}high"] = interval.low, interval.high
    at_risk, lost = table["at_risk"].to_numpy(float), table["lost"].to_numpy(float)
    table["survival"] = np.cumprod(1 - table["hazard"].fillna(0.0))
    # While nobody may leave, nobody does: those orders hide nothing that comes later.
    followed = np.minimum.accumulate(np.where(at_risk > 0, at_risk, np.inf))
    band = log_log_band(
        table["survival"].to_numpy(), greenwood(at_risk, lost), followed, confidence=confidence
    )
    table["survival_low"], table["survival_high"] = band
    held = (table["at_risk"] == 0) & (table["committed"] > 0)
    table["is_shown"] = ((table["at_risk"] >= MIN_AT_RISK) | held).cummin()
    return table


def greenwood(at_risk: np.ndarray, lost: np.ndarray) -> np.ndarray:
    """Return Greenwood's running sum; infinite from where everybody at risk is lost."""
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.where(lost < at_risk, lost / (at_risk * (at_risk - lost)), np.inf)
    return np.cumsum(np.where(at_risk > 0, steps, 0.0))


def _counts(cells: pd.DataFrame) -> pd.DataFrame:
    decided = (CONTINUED, *LOST)
    counts = {
        "at_risk": subscriptions(cells, outcome=decided),
        "lost": subscriptions(cells, outcome=LOST),
        "free_at_risk": subscriptions(cells, outcome=decided, is_commitment_end=0),
        "free_lost": subscriptions(cells, outcome=LOST, is_commitment_end=0),
        "not_yet_due": subscriptions(cells, outcome=NOT_YET_DUE),
        "committed": subscriptions(cells, outcome=COMMITTED),
        "paused": subscriptions(cells, outcome=PAUSED),
    }
    last = max((int(count.index.max()) for count in counts.values() if len(count)), default=0)
    orders = pd.RangeIndex(1, last + 1, name="order_no")
    table = pd.DataFrame({name: counts[name].reindex(orders, fill_value=0) for name in _COUNTS})
    return table.astype("int64").reset_index()
