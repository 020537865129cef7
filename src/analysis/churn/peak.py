"""Is an order a churn point? Its hazard tested against its neighbors', not the largest bar."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit, ndtr, ndtri

from analysis.churn.transitions import MIN_AT_RISK
from analysis.errors import ParameterError
from analysis.intervals import z_score
from analysis.multiplicity import holm

# One-sided: half the usual 5%, which also keeps false alarms below 5% where counts are small.
_MAX_P = 0.025
_POWER = 0.8


class ChurnPoint(NamedTuple):
    """An order after which clearly more leave than after its neighbors.

    Attributes:
        order_no: The order.
        hazard: Share of those at risk who leave after it.
        usual: What that share would be at the level of its neighbors.
        excess: Hazard less usual.
        low: Lower end of the excess's 95% interval.
        high: Upper end.
        p: Chance of such a contrast without a peak, corrected for all orders that were tested.
        at_risk: Subscriptions at risk.
        lost: Those lost.
    """

    order_no: int
    hazard: float
    usual: float
    excess: float
    low: float
    high: float
    p: float
    at_risk: int
    lost: int


def peak_tests(hazards: pd.DataFrame, *, min_excess_share: float) -> pd.DataFrame:
    r"""Test each order against the one before and the one after.

    $$z_n = \frac{\ell_n - (\ell_{n-1} + \ell_{n+1}) / 2}
    {\sqrt{v_n + (v_{n-1} + v_{n+1}) / 4}}, \quad \ell = \log\frac{d + 1/2}{r - d + 1/2}, \quad
    v = \frac{1}{d + 1/2} + \frac{1}{r - d + 1/2}$$

    one-sided, with Holm's correction over all orders tested. Subscriptions whose commitment ends
    with an order are left out of it: that step is the contract's. Order 1 has no order before it,
    and an order with a neighbor that is not shown or has fewer than 30 at risk cannot be tested.

    Args:
        hazards: What `order_hazards` returned.
        min_excess_share: Least excess over the neighbors' level for an order to be a churn point.

    Returns:
        One row per tested order: `order_no`, `at_risk`, `lost`, `hazard`, `usual`, `excess`, `low`,
        `high`, `p`, `p_holm`, `is_peak`.

    Raises:
        ParameterError: The least excess is not from 0 to 1.

    Source:
        Holm (1979), Scandinavian Journal of Statistics 6, 65-70, for the correction.
    """
    if not 0 <= min_excess_share <= 1:
        raise ParameterError(f"min_excess_share == {min_excess_share}, must be from 0 to 1.")
    at_risk = hazards["free_at_risk"].to_numpy(float)
    lost = hazards["free_lost"].to_numpy(float)
    rows = contrasts(at_risk, lost)
    rows.insert(0, "order_no", hazards["order_no"].to_numpy()[1:-1])
    shown = np.where(hazards["is_shown"], at_risk, 0)
    rows = rows[can_be_tested(shown)].reset_index(drop=True)
    rows["p_holm"] = holm(rows["p"].to_numpy())
    rows["is_peak"] = (rows["p_holm"] < _MAX_P) & (rows["excess"] >= min_excess_share)
    return rows


def contrasts(at_risk: np.ndarray, lost: np.ndarray) -> pd.DataFrame:
    """Contrast every count but the first and the last with its two neighbors, on the logit scale.

    Args:
        at_risk: Subscriptions at risk, in the order of the order numbers.
        lost: Those lost, for any or for one reason.

    Returns:
        One row per inner order: `at_risk`, `lost`, `hazard`, `usual` (level of the neighbors),
        `excess`, `low` and `high` (its 95% interval by the delta method), `p` (one-sided).
    """
    logit = np.log((lost + 0.5) / (at_risk - lost + 0.5))
    variance = 1 / (lost + 0.5) + 1 / (at_risk - lost + 0.5)
    middle, around = logit[1:-1], (logit[:-2] + logit[2:]) / 2
    around_variance = (variance[:-2] + variance[2:]) / 4
    z = (middle - around) / np.sqrt(variance[1:-1] + around_variance)
    usual, smooth = expit(around), expit(middle)
    with np.errstate(invalid="ignore", divide="ignore"):
        hazard = lost[1:-1] / at_risk[1:-1]
    margin = z_score(0.95) * np.sqrt(
        (smooth * (1 - smooth)) ** 2 * variance[1:-1] + (usual * (1 - usual)) ** 2 * around_variance
    )
    excess = hazard - usual
    return pd.DataFrame(
        {
            "at_risk": at_risk[1:-1].astype(int),
            "lost": lost[1:-1].astype(int),
            "hazard": hazard,
            "usual": usual,
            "excess": excess,
            "low": excess - margin,
            "high": excess + margin,
            "p": 1 - ndtr(z),
        }
    )


def can_be_tested(at_risk: np.ndarray) -> np.ndarray:
    """Return for every inner order whether it and both neighbors have 30 or more at risk."""
    enough = at_risk >= MIN_AT_RISK
    return enough[:-2] & enough[1:-1] & enough[2:]


def churn_points(peaks: pd.DataFrame) -> list[ChurnPoint]:
    """Return the orders that are churn points, the largest excess of people first."""
    found = peaks[peaks["is_peak"]]
    by_people = (found["excess"] * found["at_risk"]).sort_values(ascending=False, kind="stable")
    return [
        ChurnPoint(
            int(row["order_no"]),
            *(float(row[name]) for name in ("hazard", "usual", "excess", "low", "high", "p_holm")),
            int(row["at_risk"]),
            int(row["lost"]),
        )
        for _, row in found.loc[by_people.index].iterrows()
    ]


def smallest_excess(peaks: pd.DataFrame, *, min_excess_share: float) -> float:
    """Return the least excess that a churn point would have needed to be found, at half the orders.

    It is the median over the tested orders of the excess that four times out of five is both clear,
    with the correction for all of them, and counted as at least the least excess asked for. Missing
    if nothing was tested.

    Args:
        peaks: What `peak_tests` returned.
        min_excess_share: The least excess that it was asked for.
    """
    if peaks.empty:
        return float("nan")
    error = (peaks["high"] - peaks["low"]) / 2 / z_score(0.95)
    clear = (ndtri(1 - _MAX_P / len(peaks)) + ndtri(_POWER)) * error
    large = min_excess_share + ndtri(_POWER) * error
    return float(np.maximum(clear, large).median())
