"""How many orders are still to come? The shifted-beta-geometric model beyond the data."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from analysis.churn.transitions import CONTINUED, LOST, MIN_AT_RISK
from analysis.errors import DataError, ParameterError
from analysis.intervals import wilson

# Where subscribers do not differ, both parameters grow without end at the same ratio.
_LARGEST = 1e4
# Beyond this standard error of a log parameter the data do not tell subscribers apart.
_WIDEST = 1.0


class ShiftedBetaGeometric(NamedTuple):
    """Each subscriber has an own, constant chance to leave, drawn from a beta distribution.

    Attributes:
        alpha: First parameter of the beta distribution.
        beta: Second parameter; the mean chance to leave after order 1 is alpha / (alpha + beta).
        log_likelihood: Its maximum.
        log_covariance: Covariance of (log alpha, log beta).
        at_risk: Steps from one order to the next that it was fitted on.
        is_constant: Whether subscribers do not measurably differ: then both parameters are as large
            as they may be, and the chance to leave is the same after every order.
    """

    alpha: float
    beta: float
    log_likelihood: float
    log_covariance: np.ndarray
    at_risk: int
    is_constant: bool = False


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


def fit_survival(at_risk: np.ndarray, lost: np.ndarray) -> ShiftedBetaGeometric:
    r"""Fit the shifted-beta-geometric model by maximum likelihood.

    $$h(n) = \frac{\alpha}{\alpha + \beta + n - 1}, \qquad
    \log L = \sum_n d_n \log h(n) + (r_n - d_n) \log (1 - h(n))$$

    which is the likelihood of one cohort, of several cohorts of different ages together, and of
    subscriptions that come under observation late.

    Args:
        at_risk: Subscriptions at risk after order 1, 2, and so on.
        lost: Those lost.

    Raises:
        DataError: Fewer than two orders with anybody at risk, or nobody or everybody was lost.

    Source:
        Fader and Hardie (2007), How to project customer retention, Journal of Interactive
        Marketing 21(1), equations 5 to 7.
    """
    risk, gone = np.asarray(at_risk, dtype=float), np.asarray(lost, dtype=float)
    if (risk > 0).sum() < 2 or not 0 < gone.sum() < risk.sum():
        raise DataError(
            f"{int(gone.sum())} of {int(risk.sum())} steps over {int((risk > 0).sum())} orders end "
            f"in a loss: a projection needs at least two orders, some who left and some who stayed."
        )
    steps = np.arange(len(risk))

    def cost(log_parameters: np.ndarray) -> tuple[float, np.ndarray]:
        alpha, beta = np.exp(log_parameters)
        value = gone.sum() * np.log(alpha) + (risk - gone) @ np.log(beta + steps)
        value -= risk @ np.log(alpha + beta + steps)
        common = (risk / (alpha + beta + steps)).sum()
        slope_alpha = gone.sum() / alpha - common
        slope_beta = ((risk - gone) / (beta + steps)).sum() - common
        return -value, -np.array([slope_alpha * alpha, slope_beta * beta])

    limit = np.log(_LARGEST)
    best = minimize(
        cost, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(-limit, limit)] * 2,
        options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 1000},
    )  # fmt: skip
    alpha, beta = np.exp(best.x)
    covariance = _covariance(cost, best.x)
    spread = np.sqrt(covariance.diagonal().max())
    return ShiftedBetaGeometric(
        alpha=float(alpha),
        beta=float(beta),
        log_likelihood=-float(best.fun),
        log_covariance=covariance,
        at_risk=int(risk.sum()),
        is_constant=bool(best.x.max() > limit - 0.01 or spread > _WIDEST),
    )


def _covariance(
    cost: Callable[[np.ndarray], tuple[float, np.ndarray]], at: np.ndarray
) -> np.ndarray:
    step = 1e-5
    rows = [
        (cost(at + step * unit)[1] - cost(at - step * unit)[1]) / (2 * step) for unit in np.eye(2)
    ]
    return np.linalg.pinv((np.array(rows) + np.array(rows).T) / 2)


def survival_at(model: ShiftedBetaGeometric, last_order_no: int) -> np.ndarray:
    r"""Return the share of starters who take more than 1, 2, ... orders.

    $$S(n) = \prod_{k=1}^{n} \frac{\beta + k - 1}{\alpha + \beta + k - 1}$$
    """
    return np.cumprod(1 - hazard_at(model, np.arange(1, last_order_no + 1)))


def hazard_at(model: ShiftedBetaGeometric, order_no: np.ndarray) -> np.ndarray:
    """Return the chance to leave after order n among those who took it."""
    return model.alpha / (model.alpha + model.beta + np.asarray(order_no, dtype=float) - 1)


def survival_band(
    model: ShiftedBetaGeometric, last_order_no: int, *, draws: int = 2000, seed: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95% interval of `survival_at` from draws of the parameters."""
    rng = np.random.default_rng(seed)
    before = np.arange(last_order_no)[None, :]
    if model.is_constant:
        low, high = constant_chance(model)[1:]
        return (1 - high) ** (before[0] + 1), (1 - low) ** (before[0] + 1)
    at = np.log([model.alpha, model.beta])
    drawn = np.exp(rng.multivariate_normal(at, model.log_covariance, size=draws))
    alpha, beta = drawn[:, :1], drawn[:, 1:]
    curves = np.cumprod((beta + before) / (alpha + beta + before), axis=1)
    return np.quantile(curves, 0.025, axis=0), np.quantile(curves, 0.975, axis=0)


def constant_chance(model: ShiftedBetaGeometric) -> tuple[float, float, float]:
    """Return the chance to leave after any order where subscribers do not differ: value, ends."""
    chance = model.alpha / (model.alpha + model.beta)
    interval = wilson(chance * model.at_risk, model.at_risk)
    return chance, float(interval.low), float(interval.high)


def project(hazards: pd.DataFrame) -> ShiftedBetaGeometric | None:
    """Fit the model on the shown orders, ends of commitments left out, or return None.

    Args:
        hazards: What `order_hazards` returned.
    """
    shown = hazards[hazards["is_shown"]]
    try:
        return fit_survival(shown["free_at_risk"].to_numpy(), shown["free_lost"].to_numpy())
    except DataError:
        return None


def remaining_by_order(
    hazards: pd.DataFrame, model: ShiftedBetaGeometric | None, *, horizon_orders: int
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
        model = fit_survival(early["at_risk"].to_numpy(), early["lost"].to_numpy())
    except DataError:
        return None
    chance = hazard_at(model, late["order_no"].to_numpy())
    predicted = float(late["at_risk"] @ chance)
    margin = 1.959964 * float(np.sqrt(late["at_risk"] @ (chance * (1 - chance))))
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
