"""The most likely parameters of a purchase model, and how well they are known."""

from typing import NamedTuple

import numpy as np

from analysis.ltv.boundary import Boundary, purchase_boundaries, unidentified
from analysis.ltv.newton import Function, Maximum, maximize
from analysis.ltv.purchase_likelihood import Histories, log_likelihood, thinned

NAMES = ["r", "alpha", "a", "b"]
# Time is counted in units of the greatest age, so that one box fits every shop.
_LOW = np.log([1e-8, 1e-6, 1e-6, 1e-6])
_HIGH = np.log([1e6, 1e8, 1e8, 1e8])
_START = np.full(4, 0.1)
_OTHER_STARTS = np.log(
    [[0.5, 1.0, 0.5, 2.0], [1.0, 1.0, 0.1, 5.0], [2.0, 2.0, 5.0, 5.0], [0.2, 0.2, 50.0, 200.0]]
)
# Few customers may leave the likelihood with more than one top.
_FEW_CUSTOMERS = 6_000
_WARM_UP_ABOVE = 10_000
_WARM_UP_SHARE = 0.1
_WARM_UP_ROWS = 20_000
# Log parameters known worse than to a factor of e ** 5 are as good as unknown.
_LEAST_CURVATURE = 1 / 25


class PurchaseFit(NamedTuple):
    """Where the likelihood is highest.

    Attributes:
        log_parameters: Logarithms of r, alpha (in the unit of time of the histories), a and b.
        log_likelihood: There, without a penalty.
        hessian: Of the mean log-likelihood per customer, penalty included.
        log_covariance: 4 x 4 covariance of the logarithms; rows of parameters that the data cannot
            tell are zero.
        boundary: The edges it lies at, mostly none.
        slope: Largest slope per customer that is left.
        evaluations: How often the likelihood of all customers was computed.
    """

    log_parameters: np.ndarray
    log_likelihood: float
    hessian: np.ndarray
    log_covariance: np.ndarray
    boundary: tuple[Boundary, ...]
    slope: float
    evaluations: int


def most_likely(
    histories: Histories, *, penalty: float = 0.0, start: np.ndarray | None = None
) -> PurchaseFit:
    """Find the maximum of the likelihood; from several starts at an edge, or of few customers.

    Many rows are first thinned to a tenth and at most twenty thousand, whose maximum lies so near
    that of all that few steps on all remain.

    Args:
        histories: Customers, with a greatest age of about 1.
        penalty: Times the sum of squared parameters, taken off the mean log-likelihood.
        start: Log parameters to begin with.
    """
    begin = _START if start is None else np.asarray(start, dtype=float)
    count = len(histories.frequency)
    if count > _WARM_UP_ABOVE:
        thin = thinned(histories, rows=min(int(_WARM_UP_SHARE * count), _WARM_UP_ROWS))
        begin = maximize(_mean(thin, penalty), begin, _LOW, _HIGH).point
    mean = _mean(histories, penalty)
    best = maximize(mean, begin, _LOW, _HIGH)
    evaluations = best.evaluations
    if purchase_boundaries(np.exp(best.point)) or histories.total < _FEW_CUSTOMERS:
        for other in _OTHER_STARTS:
            found = maximize(mean, other, _LOW, _HIGH)
            evaluations += found.evaluations
            best = found if found.value > best.value + 1e-12 else best
    return _fit(best, histories, penalty, evaluations)


def _mean(histories: Histories, penalty: float) -> Function:
    def function(log_parameters: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        value, gradient, hessian = (
            part / histories.total for part in log_likelihood(log_parameters, histories)
        )
        squared = penalty * np.exp(2 * log_parameters)
        return value - squared.sum(), gradient - 2 * squared, hessian - np.diag(4 * squared)

    return function


def _fit(best: Maximum, histories: Histories, penalty: float, evaluations: int) -> PurchaseFit:
    parameters = np.exp(best.point)
    boundary = purchase_boundaries(parameters)
    fixed = unidentified(boundary, NAMES) | best.held
    return PurchaseFit(
        log_parameters=best.point,
        log_likelihood=(best.value + penalty * (parameters**2).sum()) * histories.total,
        hessian=best.hessian,
        log_covariance=covariance(best.hessian * histories.total, fixed),
        boundary=boundary,
        slope=float(np.abs(best.gradient[~best.held]).max(initial=0)),
        evaluations=evaluations,
    )


def covariance(hessian: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """Return minus the inverse of a Hessian among the parameters that are not fixed.

    >>> covariance(np.diag([-4.0, -1.0]), np.array([False, True])).tolist()
    [[0.25, 0.0], [0.0, 0.0]]
    """
    known = np.zeros_like(hessian)
    free = np.ix_(~fixed, ~fixed)
    curvature, axes = np.linalg.eigh(-hessian[free])
    known[free] = (axes / np.maximum(curvature, _LEAST_CURVATURE)) @ axes.T
    return known
