"""How long until it happens, when for many it has not happened yet? The Kaplan-Meier estimate."""

import numpy as np
import pandas as pd

from analysis.errors import ParameterError
from analysis.intervals import wilson, z_score


def kaplan_meier(cells: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    r"""Estimate from counted cells which share has not yet had the event by each duration.

    $$S(t) = \prod_{d \le t} \left(1 - \frac{e_d}{r_d}\right)$$

    with $e_d$ events at duration $d$ among $r_d$ at risk: all whose duration is $d$ or longer. The
    interval is Greenwood's on the log-log scale, so it stays within 0 and 1; where nothing has
    happened yet, or nobody is left, it is Wilson's for none of those at risk.

    Args:
        cells: Columns `duration` (days or any whole step), `observed` (whether the event came, or
            the wait was cut by the as-of day) and `count`; several rows may share a duration.
        confidence: Share of intervals that hold the truth, between 0 and 1.

    Returns:
        One row per duration, ascending: duration, at_risk, events, censored, survival, low, high.

    Raises:
        ParameterError: A duration or count is negative, or the confidence is outside 0 to 1.

    Source:
        Kaplan and Meier (1958), Journal of the American Statistical Association 53, 457-481;
        the interval: Kalbfleisch and Prentice (2002), equation 1.13.

    >>> waits = {"duration": [1, 2, 2, 4], "observed": [True, True, False, True], "count": 1}
    >>> curve = kaplan_meier(pd.DataFrame(waits))
    >>> curve[["duration", "at_risk", "events", "survival"]].values.tolist()
    [[1.0, 4.0, 1.0, 0.75], [2.0, 3.0, 1.0, 0.5], [4.0, 1.0, 1.0, 0.0]]
    """
    if (cells["duration"] < 0).any() or (cells["count"] < 0).any():
        raise ParameterError("duration and count must be >= 0.")
    observed = cells["observed"].astype(bool)
    steps = (
        pd.DataFrame(
            {
                "duration": cells["duration"],
                "events": cells["count"].where(observed, 0),
                "censored": cells["count"].where(~observed, 0),
            }
        )
        .groupby("duration", as_index=False)
        .sum()
    )
    leaving = (steps["events"] + steps["censored"]).to_numpy()
    at_risk = leaving[::-1].cumsum()[::-1]
    steps.insert(1, "at_risk", at_risk)
    events = steps["events"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1 - np.where(at_risk > 0, events / at_risk, 0.0))
        summed = np.cumsum(
            np.where(events == at_risk, np.inf, events / (at_risk * (at_risk - events)))
        )
    low, high = log_log_band(survival, summed, at_risk, confidence=confidence)
    return steps.assign(survival=survival, low=low, high=high)


def share_by(curve: pd.DataFrame, duration: float) -> tuple[float, float, float]:
    """Return the share that has had the event by a duration: estimate, low and high end.

    Args:
        curve: What `kaplan_meier` returned.
        duration: In the curve's own step; before its first duration the share is 0.
    """
    reached = curve[curve["duration"] <= duration]
    if reached.empty:
        return 0.0, 0.0, float(wilson(0, curve["at_risk"].max() if len(curve) else 0).high)
    last = reached.iloc[-1]
    return 1 - last["survival"], 1 - last["high"], 1 - last["low"]


def log_log_band(
    survival: np.ndarray, summed: np.ndarray, at_risk: np.ndarray, *, confidence: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of Greenwood's interval on the log-log scale, within 0 and 1.

    Greenwood knows none where nothing has happened or nobody is left: there it is Wilson's for none
    of those at risk.

    Args:
        survival: Shares left.
        summed: Greenwood's sum of events / (at risk * (at risk - events)) up to each.
        at_risk: How many were followed that far; infinite where no event could come.
        confidence: Share of intervals that hold the truth.
    """
    inside = (survival > 0) & (survival < 1) & np.isfinite(summed)
    log_survival = np.log(np.where(inside, survival, 0.5))
    reach = z_score(confidence) * np.sqrt(np.where(inside, summed, 0.0)) / np.abs(log_survival)
    most = wilson(0, at_risk, confidence=confidence).high
    low = np.where(survival == 1, 1 - most, 0.0)
    high = np.where(survival == 0, most, 1.0)
    return (
        np.where(inside, np.exp(log_survival * np.exp(reach)), low),
        np.where(inside, np.exp(log_survival * np.exp(-reach)), high),
    )
