"""When the model says 70%, do seven of ten buy again? Chances to buy, binned, against what came.

Whether somebody is still a customer is never seen, so the chance of that cannot be checked. What
follows from it can: the chance to buy at least once in a period that the model did not see.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import bdtrc

from analysis.intervals import wilson
from analysis.ltv.purchases import DAYS_PER_WEEK, PurchaseModel, alive_probability

MIN_GROUP = 30
_BINS = 10
# By chance alone, so many of 95% intervals do not hold what is true.
_MISSED = 0.05


class Reliability(NamedTuple):
    """Chances to buy in a period, and how many did.

    Attributes:
        table: One row a bin: `customers`, `chance` (mean), `share` who bought, with `low`, `high`.
        largest_gap: Largest difference of chance and share among the bins, with its sign.
        outside: Bins whose interval does not hold the chance.
    """

    table: pd.DataFrame
    largest_gap: float
    outside: int

    @property
    def expected_outside(self) -> float:
        """How many bins chance alone would put outside their 95% intervals."""
        return _MISSED * len(self.table)

    @property
    def p_value(self) -> float:
        """How likely chance alone puts so many bins outside, or more (binomial)."""
        return float(bdtrc(self.outside - 1, len(self.table), _MISSED)) if self.outside else 1.0


def active_probability(
    model: PurchaseModel,
    frequency: np.ndarray,
    recency_days: np.ndarray,
    age_days: np.ndarray,
    *,
    horizon_days: int,
) -> np.ndarray:
    r"""Return the chance that customers buy at least once within a horizon.

    $$P(\text{alive}) \left(1 - \left(\frac{\alpha + T}{\alpha + T + t}\right)^{r + x}\right)$$

    Args:
        model: A fitted model.
        frequency: Repeat purchase days, x.
        recency_days: Days from first to last purchase.
        age_days: Days from first purchase to the as-of day, T.
        horizon_days: Length of the horizon, t.
    """
    alive = alive_probability(model, frequency, recency_days, age_days)
    age = np.asarray(age_days, dtype=float) / DAYS_PER_WEEK
    longer = np.log1p(horizon_days / DAYS_PER_WEEK / (model.alpha + age))
    return alive * -np.expm1(-(model.r + np.asarray(frequency, dtype=float)) * longer)


def reliability(
    holdout: pd.DataFrame, model: PurchaseModel, *, holdout_days: int
) -> Reliability | None:
    """Compare the chance to buy in the holdout period with the share who did, in up to ten bins.

    Bins hold about equally many customers, 30 or more; equal chances are never parted.

    Args:
        holdout: `sql/btyd_holdout.sql`.
        model: Fitted on the calibration period only.
        holdout_days: Length of the holdout period.

    Returns:
        The comparison, or None with fewer than 60 customers.
    """
    if len(holdout) < 2 * MIN_GROUP:
        return None
    chance = active_probability(
        model,
        holdout["frequency"],
        holdout["recency_days"],
        holdout["age_days"],
        horizon_days=holdout_days,
    )
    bins = min(_BINS, len(holdout) // MIN_GROUP)
    place = pd.Series(chance).rank(method="max", pct=True)
    code = np.ceil(place * bins)
    rows = pd.DataFrame(
        {"bin": code, "chance": chance, "bought": holdout["holdout_frequency"].to_numpy() > 0}
    )
    table = rows.groupby("bin").agg(
        customers=("bought", "size"), chance=("chance", "mean"), buyers=("bought", "sum")
    )
    table = table[table["customers"] >= MIN_GROUP].reset_index(drop=True)
    interval = wilson(table["buyers"], table["customers"])
    table = table.assign(
        share=table["buyers"] / table["customers"], low=interval.low, high=interval.high
    ).drop(columns="buyers")
    gap = table["chance"] - table["share"]
    outside = (table["chance"] < table["low"]) | (table["chance"] > table["high"])
    return Reliability(table, float(gap.iloc[gap.abs().to_numpy().argmax()]), int(outside.sum()))
