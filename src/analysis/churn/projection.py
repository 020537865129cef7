"""How many orders are still to come? The shifted-beta-geometric model beyond the data."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.churn.transitions import CONTINUED, LOST, MIN_AT_RISK
from analysis.contractual import RenewalModel, fit_shifted_beta_geometric, hazard_at
from analysis.errors import DataError, ParameterError
from analysis.intervals import z_score


class HeldOutError(NamedTuple):
    """How a model fitted on earlier cohorts predicts later ones.

    Attributes:
        cohorts: Later months that it did not see.
        at_risk: Their decided steps.
        predicted: Losses it expects among them.
        low: Lower end of the 95% range of losses if the model were true.
        high: Upper end.
        actual: Losses that came.
        bias_share: (predicted - actual) / actual.
    """

    cohorts: int
    at_risk: int
    predicted: float
    low: float
    high: float
    actual: int
    bias_share: float


def project(hazards: pd.DataFrame) -> RenewalModel | None:
    """Fit the model on the shown orders, ends of commitments left out, or return None.

    Args:
        hazards: What `order_hazards` returned.
    """
    shown = hazards[hazards["is_shown"]]
    try:
        return fit_shifted_beta_geometric(
            shown["free_at_risk"].to_numpy(), shown["free_lost"].to_numpy()
        )
    except DataError:
        return None


def remaining_by_order(
    hazards: pd.DataFrame, model: RenewalModel | None, *, horizon_orders: int
) -> pd.Series:
    """Return the expected further orders of who stays after each shown order.

    The chance to leave is the counted one where an order is shown, the model's beyond. Order
    numbers are the index; empty without a model.

    Args:
        hazards: What `order_hazards` returned.
        model: What `project` returned.
        horizon_orders: How many orders ahead are counted.
    """
    shown = hazards[hazards["is_shown"]]
    if model is None or shown.empty:
        return pd.Series(dtype=float)
    last = int(shown["order_no"].max())
    ahead = hazard_at(model, np.arange(1, last + max(horizon_orders, 1)))
    known = shown[shown["hazard"].notna()]
    ahead[known["order_no"].to_numpy() - 1] = known["hazard"]
    expected = remaining_orders(ahead, horizon_orders=horizon_orders)
    return pd.Series(expected[:last], index=np.arange(1, last + 1))


def remaining_orders(hazards: np.ndarray, *, horizon_orders: int) -> np.ndarray:
    r"""Return the expected number of further orders of someone who stays after order n.

    $$R(n) = \sum_{k=0}^{H-1} \prod_{j=1}^{k} (1 - h(n + j))$$

    the next order included, at most H.

    Args:
        hazards: Chance to leave after order 1, 2, and so on.
        horizon_orders: How many orders ahead are counted (H).

    Returns:
        One number for each order n for which the hazards reach far enough.

    Raises:
        ParameterError: The horizon is shorter than an order.

    >>> remaining_orders(np.array([0.5, 0.5, 0.5, 0.5]), horizon_orders=3).tolist()
    [1.75, 1.75]
    """
    if horizon_orders < 1:
        raise ParameterError(f"horizon_orders == {horizon_orders}, must be >= 1.")
    stays = 1 - np.asarray(hazards, dtype=float)
    last = len(stays) - horizon_orders + 1
    return np.array(
        [1 + np.cumprod(stays[n : n + horizon_orders - 1]).sum() for n in range(1, last + 1)]
    )


def held_out_error(cells: pd.DataFrame) -> HeldOutError | None:
    """Fit on the earlier cohorts and compare with what became of the later ones.

    The cohorts are split where half of all subscriptions have begun. Losses are expected step by
    step, from the later cohorts' own numbers at risk, so their youth is no error.

    Args:
        cells: What `count_transitions` returned.

    Returns:
        The error, or None where either part has fewer than 30 steps or cannot be fitted.
    """
    cohort = cells[(cells["cut"] == "cohort") & cells["outcome"].isin((CONTINUED, *LOST))]
    cohort = cohort[cohort["is_commitment_end"] == 0]
    if cohort.empty:
        return None
    begun = cohort[cohort["order_no"] == 1].groupby("cohort_month_no")["subscriptions"].sum()
    split = begun.index[begun.cumsum() >= begun.sum() / 2].min() if len(begun) else 0
    early, late = (
        _steps(cohort[chosen])
        for chosen in (cohort["cohort_month_no"] <= split, cohort["cohort_month_no"] > split)
    )
    if min(early["at_risk"].sum(), late["at_risk"].sum()) < MIN_AT_RISK:
        return None
    try:
        model = fit_shifted_beta_geometric(early["at_risk"].to_numpy(), early["lost"].to_numpy())
    except DataError:
        return None
    chance = hazard_at(model, late["order_no"].to_numpy())
    predicted = float(late["at_risk"] @ chance)
    margin = z_score(0.95) * float(np.sqrt(late["at_risk"] @ (chance * (1 - chance))))
    actual = int(late["lost"].sum())
    return HeldOutError(
        cohorts=int((begun.index > split).sum()),
        at_risk=int(late["at_risk"].sum()),
        predicted=predicted,
        low=predicted - margin,
        high=predicted + margin,
        actual=actual,
        bias_share=(predicted - actual) / actual if actual else float("nan"),
    )


def _steps(cohort: pd.DataFrame) -> pd.DataFrame:
    lost = cohort["subscriptions"].where(cohort["outcome"].isin(LOST), 0)
    counted = pd.DataFrame(
        {"order_no": cohort["order_no"], "at_risk": cohort["subscriptions"], "lost": lost}
    )
    summed = counted.groupby("order_no").sum()
    orders = pd.RangeIndex(1, int(summed.index.max() if len(summed) else 0) + 1, name="order_no")
    return summed.reindex(orders, fill_value=0).reset_index()
