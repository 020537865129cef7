"""How long do contracts last whose end is seen? Shifted-beta-geometric and beta-discrete-Weibull.

Everybody has an own chance to leave after an order, drawn from a beta distribution. Under the
shifted-beta-geometric model it stays the same for life; under the beta-discrete-Weibull it grows
(shape above 1) or falls (below 1) with every order. Both are fitted on counts: how many were at
risk after order 1, 2, ..., and how many of them left. Counts of cohorts of different ages add up.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, chdtrc, psi

from analysis.errors import DataError, ParameterError
from analysis.intervals import wilson

# Where subscribers do not differ, both parameters grow without end at the same ratio.
_LARGEST = 1e4
_LARGEST_SHAPE = 20.0
# Curvature of a likelihood that says nothing: a standard error of a hundred log units.
_FLAT = 1e-4
# Gain in log-likelihood below which the search has only come near the model of one chance for all.
_NO_GAIN = 1e-3
# Sum of alpha and beta at which the chance to leave is the same after every order.
_NO_SPREAD = 1e9
_SIGNIFICANT = 0.05

Cost = Callable[[np.ndarray], tuple[float, np.ndarray]]


class RenewalModel(NamedTuple):
    """A fitted model of who goes on after order n.

    Attributes:
        alpha: First parameter of the beta distribution.
        beta: Second parameter; the mean chance to leave after order 1 is alpha / (alpha + beta).
        shape: 1 for shifted-beta-geometric; else the beta-discrete-Weibull's.
        log_likelihood: Its maximum.
        log_covariance: Covariance of (log alpha, log beta) and, where it was fitted, log shape; of
            a chance that is the same for all, the variance of its log odds alone.
        at_risk: Steps from one order to the next that it was fitted on.
        is_constant: Whether subscribers cannot be told apart: the best model is one in which they
            do not differ. With shape 1 all then have the same chance after every order, and of the
            parameters only their ratio means anything.
    """

    alpha: float
    beta: float
    shape: float
    log_likelihood: float
    log_covariance: np.ndarray
    at_risk: int
    is_constant: bool = False

    @property
    def mean_chance(self) -> float:
        """Mean chance to leave after the first order."""
        return self.alpha / (self.alpha + self.beta)

    @property
    def akaike(self) -> float:
        """Akaike's criterion, 2 k - 2 log L; of models on the same counts the lowest is best."""
        return 2.0 * len(self.log_covariance) - 2.0 * self.log_likelihood


class LikelihoodRatio(NamedTuple):
    """Whether the chance to leave changes with the orders, beyond that the likely leavers go first.

    Attributes:
        statistic: 2 (log L of the beta-discrete-Weibull - log L of the shifted-beta-geometric).
        p_value: Chance of as large a one if the chance to leave were constant: one degree, two
            where the constant one is the same for all subscribers.
    """

    statistic: float
    p_value: float

    @property
    def is_clear(self) -> bool:
        """Whether a constant chance would rarely look like this."""
        return self.p_value < _SIGNIFICANT


def fit_shifted_beta_geometric(at_risk: np.ndarray, lost: np.ndarray) -> RenewalModel:
    r"""Fit the shifted-beta-geometric model by maximum likelihood.

    $$h(n) = \frac{\alpha}{\alpha + \beta + n - 1}, \qquad
    \log L = \sum_n d_n \log h(n) + (r_n - d_n) \log (1 - h(n))$$

    which is the likelihood of one cohort, of several cohorts of different ages together, and of
    subscriptions that come under observation late. Where losses do not fall with the orders, the
    model finds no difference between subscribers: one chance for all, lost / at risk over all
    orders, is returned in its place.

    Args:
        at_risk: Subscriptions at risk after order 1, 2, and so on.
        lost: Those lost.

    Raises:
        DataError: Fewer than two orders with anybody at risk, or nobody or everybody was lost.

    Source:
        Fader and Hardie (2007), How to project customer retention, Journal of Interactive
        Marketing 21(1), equations 5 to 7.

    >>> model = fit_shifted_beta_geometric(np.array([1000, 631, 468]), np.array([369, 163, 86]))
    >>> round(model.mean_chance, 3)
    0.37
    """
    model, risk, gone = _best_shifted_beta_geometric(at_risk, lost)
    same = _same_for_all(risk, gone)
    gained = model.log_likelihood - same.log_likelihood
    return same if gained < _NO_GAIN else model._replace(is_constant=False)


def _same_for_all(risk: np.ndarray, gone: np.ndarray) -> RenewalModel:
    """Fit one chance to leave for all subscribers and orders."""
    steps, lost = risk.sum(), gone.sum()
    chance = lost / steps
    return RenewalModel(
        alpha=float(chance * _NO_SPREAD),
        beta=float((1 - chance) * _NO_SPREAD),
        shape=1.0,
        log_likelihood=float(lost * np.log(chance) + (steps - lost) * np.log1p(-chance)),
        log_covariance=np.array([[1 / lost + 1 / (steps - lost)]]),
        at_risk=int(steps),
        is_constant=True,
    )


def _best_shifted_beta_geometric(
    at_risk: np.ndarray, lost: np.ndarray
) -> tuple[RenewalModel, np.ndarray, np.ndarray]:
    risk, gone = _counts(at_risk, lost, least_orders=2)
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
    return _fitted(cost, np.zeros(2), np.full(2, limit), risk), risk, gone


def fit_beta_discrete_weibull(at_risk: np.ndarray, lost: np.ndarray) -> RenewalModel:
    r"""Fit the beta-discrete-Weibull model by maximum likelihood.

    $$S(n) = \frac{B(\alpha, \beta + n^c)}{B(\alpha, \beta)}, \qquad
    h(n) = 1 - \frac{S(n)}{S(n - 1)}$$

    with shape c; c = 1 is the shifted-beta-geometric model. Arguments as of
    `fit_shifted_beta_geometric`.

    Raises:
        DataError: Fewer than three orders with anybody at risk, or nobody or everybody was lost.

    Source:
        Fader, Hardie, Liu, Davin and Steenburgh (2018), "How to Project Customer Retention"
        Revisited: The Role of Duration Dependence, Journal of Interactive Marketing 43, 1-16.
    """
    risk, gone = _counts(at_risk, lost, least_orders=3)
    orders = np.arange(len(risk) + 1, dtype=float)
    log_orders = np.log(np.maximum(orders, 1))

    def cost(log_parameters: np.ndarray) -> tuple[float, np.ndarray]:
        alpha, beta, shape = np.exp(log_parameters)
        grown = orders**shape
        log_stay = np.diff(betaln(alpha, beta + grown))
        leave = np.maximum(-np.expm1(log_stay), 1e-300)
        value = (risk - gone) @ log_stay + gone @ np.log(leave)
        by_stay = (risk - gone) - gone * np.exp(log_stay) / leave
        tail = psi(alpha + beta + grown)
        by_beta = psi(beta + grown) - tail
        slopes = np.array(
            [
                by_stay @ np.diff(-tail) * alpha,
                by_stay @ np.diff(by_beta) * beta,
                by_stay @ np.diff(by_beta * grown * log_orders) * shape,
            ]
        )
        return -value, -slopes

    start = _best_shifted_beta_geometric(at_risk, lost)[0]
    limits = np.log([_LARGEST, _LARGEST, _LARGEST_SHAPE])
    return _fitted(cost, np.log([start.alpha, start.beta, 1.0]), limits, risk)


def _counts(
    at_risk: np.ndarray, lost: np.ndarray, *, least_orders: int
) -> tuple[np.ndarray, np.ndarray]:
    risk, gone = np.asarray(at_risk, dtype=float), np.asarray(lost, dtype=float)
    orders = int((risk > 0).sum())
    if orders < least_orders or not 0 < gone.sum() < risk.sum():
        least = {2: "two", 3: "three"}[least_orders]
        raise DataError(
            f"{int(gone.sum())} of {int(risk.sum())} steps over {orders} orders end in a loss: "
            f"a projection needs at least {least} orders, some who left and some who stayed."
        )
    return risk, gone


def _fitted(cost: Cost, start: np.ndarray, limits: np.ndarray, risk: np.ndarray) -> RenewalModel:
    best = minimize(
        cost, start, jac=True, method="L-BFGS-B",
        bounds=[(-limit, limit) for limit in limits],
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 2000, "maxfun": 5000},
    )  # fmt: skip
    covariance = _covariance(cost, best.x)
    return RenewalModel(
        alpha=float(np.exp(best.x[0])),
        beta=float(np.exp(best.x[1])),
        shape=float(np.exp(best.x[2])) if len(best.x) == 3 else 1.0,
        log_likelihood=-float(best.fun),
        log_covariance=covariance,
        at_risk=int(risk.sum()),
        is_constant=bool(best.x[:2].max() > limits[0] - 0.01),
    )


def _covariance(cost: Cost, at: np.ndarray) -> np.ndarray:
    step = 1e-5
    rows = [
        (cost(at + step * unit)[1] - cost(at - step * unit)[1]) / (2 * step)
        for unit in np.eye(len(at))
    ]
    curvature, directions = np.linalg.eigh((np.array(rows) + np.array(rows).T) / 2)
    # Where the likelihood is flat, or curves upwards by rounding, nothing is known.
    return (directions / np.maximum(curvature, _FLAT)) @ directions.T


def likelihood_ratio(constant: RenewalModel, changing: RenewalModel) -> LikelihoodRatio:
    """Test whether the beta-discrete-Weibull fits the same counts better than chance would have it.

    Args:
        constant: The shifted-beta-geometric model.
        changing: The beta-discrete-Weibull model.

    Raises:
        ParameterError: The two were not fitted on the same counts.
    """
    if constant.at_risk != changing.at_risk:
        raise ParameterError(
            f"Models fitted on {constant.at_risk} and {changing.at_risk} steps, must be the same."
        )
    statistic = max(2 * (changing.log_likelihood - constant.log_likelihood), 0.0)
    degrees = len(changing.log_covariance) - len(constant.log_covariance)
    return LikelihoodRatio(statistic, float(chdtrc(degrees, statistic)))


def hazard_at(model: RenewalModel, order_no: np.ndarray) -> np.ndarray:
    """Return the chance to leave after order n among those who took it."""
    order = np.asarray(order_no, dtype=float)
    return _hazards(model.alpha, model.beta, model.shape, order)


def _hazards(
    alpha: np.ndarray | float, beta: np.ndarray | float, shape: np.ndarray | float,
    order: np.ndarray,
) -> np.ndarray:  # fmt: skip
    if np.all(np.equal(shape, 1.0)):
        return alpha / (alpha + beta + order - 1)
    stays = betaln(alpha, beta + order**shape) - betaln(alpha, beta + (order - 1) ** shape)
    return -np.expm1(stays)


def survival_at(model: RenewalModel, last_order_no: int) -> np.ndarray:
    r"""Return the share of starters who take more than 1, 2, ... orders.

    $$S(n) = \prod_{k=1}^{n} (1 - h(k))$$
    """
    return np.cumprod(1 - hazard_at(model, np.arange(1, last_order_no + 1)))


def draw_hazards(
    model: RenewalModel, last_order_no: int, *, rng: np.random.Generator, draws: int
) -> np.ndarray:
    """Draw the chances to leave after order 1 to the last, one row a draw of the parameters."""
    order = np.arange(1.0, last_order_no + 1)
    if model.is_constant and model.shape == 1:
        lost = model.mean_chance * model.at_risk
        return np.tile(rng.beta(lost, model.at_risk - lost, size=(draws, 1)), len(order))
    free = len(model.log_covariance)
    center = np.log([model.alpha, model.beta, model.shape])[:free]
    parameters = np.exp(center + _noise(model, rng=rng, draws=draws))
    shape = parameters[:, 2:3] if free == 3 else 1.0
    return _hazards(parameters[:, :1], parameters[:, 1:2], shape, order)


def _noise(model: RenewalModel, *, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Draw errors of the log parameters, where they can be known badly no wider than is of use.

    The log sum of alpha and beta comes first and the others given it: where subscribers hardly
    differ, or all who leave do at once, only the sum is unknown, and the mean chance is not.
    """
    mean, free = model.mean_chance, len(model.log_covariance)
    turn = np.eye(free)
    turn[:2, :2] = [[mean, 1 - mean], [1.0, -1.0]]
    turned = turn @ model.log_covariance @ turn.T
    root = np.linalg.cholesky(turned + 1e-12 * np.trace(turned) * np.eye(free))
    standard = rng.standard_normal((draws, free))
    standard[:, 0] = np.clip(standard[:, 0], -3 / root[0, 0], 3 / root[0, 0])
    return np.clip(standard @ root.T, -3, 3) @ np.linalg.inv(turn).T


def survival_band(
    model: RenewalModel, last_order_no: int, *, draws: int = 2000, seed: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95% interval of `survival_at` from draws of the parameters."""
    if model.is_constant and model.shape == 1:
        order = np.arange(1, last_order_no + 1)
        low, high = constant_chance(model)[1:]
        return (1 - high) ** order, (1 - low) ** order
    rng = np.random.default_rng(seed)
    curves = np.cumprod(1 - draw_hazards(model, last_order_no, rng=rng, draws=draws), axis=1)
    return np.quantile(curves, 0.025, axis=0), np.quantile(curves, 0.975, axis=0)


def constant_chance(model: RenewalModel) -> tuple[float, float, float]:
    """Return the chance to leave after any order where subscribers are not told apart, and ends."""
    interval = wilson(model.mean_chance * model.at_risk, model.at_risk)
    return model.mean_chance, float(interval.low), float(interval.high)
