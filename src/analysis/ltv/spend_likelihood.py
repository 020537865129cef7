"""The most likely parameters of the Gamma-Gamma model on counted rows, and how well they are known.

A purchase's amount is Gamma(p, nu) and a customer's nu is Gamma(q, v), so that the amount z = x m
of x purchases has (Fader & Hardie 2013, brucehardie.com/notes/025, equation 1a)

    ln L = -ln B(p x, q) + q ln v + p x ln z - (p x + q) ln(v + z) - ln m.

Beta functions depend on x alone and are computed once for each x.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import betaln, digamma, polygamma

from analysis.ltv.boundary import Boundary, spend_boundaries, unidentified
from analysis.ltv.newton import Function, maximize
from analysis.ltv.purchase_fit import covariance

NAMES = ["p", "q", "v"]
_CHUNK = 16_384
_WARM_UP_ROWS = 20_000
# Amounts are counted in units of their mean.
_LOW = np.log([1e-3, 1e-3, 1e-6])
_HIGH = np.log([1e5, 1e5, 1e6])
_START = np.log([2.0, 3.0, 3.0])


class Amounts(NamedTuple):
    """What the likelihood needs of customers' amounts, in any unit.

    Attributes:
        amount: z of each row.
        frequency: Its x.
        customers: How many customers share it.
        purchases: Distinct x.
        customers_of: How many customers have each x.
        log_amounts: Sum over customers of x ln z.
        log_means: Sum over customers of ln m.
        total: Customers altogether.
    """

    amount: np.ndarray
    frequency: np.ndarray
    customers: np.ndarray
    purchases: np.ndarray
    customers_of: np.ndarray
    log_amounts: float
    log_means: float
    total: float


class SpendFit(NamedTuple):
    """Where the likelihood is highest.

    Attributes:
        log_parameters: Logarithms of p, q and v (in the unit of the amounts).
        log_likelihood: There, without a penalty.
        hessian: Of the mean log-likelihood per customer, penalty included.
        log_covariance: 3 x 3 covariance of the logarithms; rows of parameters that the data cannot
            tell are zero.
        boundary: The edges it lies at, mostly none.
        slope: Largest slope per customer that is left.
    """

    log_parameters: np.ndarray
    log_likelihood: float
    hessian: np.ndarray
    log_covariance: np.ndarray
    boundary: tuple[Boundary, ...]
    slope: float


def gather_amounts(frequency: np.ndarray, amount: np.ndarray, customers: np.ndarray) -> Amounts:
    """Count rows by frequency.

    Args:
        frequency: Repeat purchases, whole numbers of at least 1.
        amount: Amount of all of them, above 0.
        customers: Customers who share the row.
    """
    frequency, amount, customers = (
        np.asarray(part, dtype=float) for part in (frequency, amount, customers)
    )
    by_frequency = np.bincount(frequency.astype(np.int64), customers)
    purchases = np.flatnonzero(by_frequency)
    customers_of = by_frequency[purchases]
    log_amount = np.log(amount)
    weighted = customers * log_amount
    return Amounts(
        amount,
        frequency,
        customers,
        purchases.astype(float),
        customers_of,
        float(np.einsum("i,i", weighted, frequency)),
        float(weighted.sum() - (customers_of * np.log(purchases)).sum()),
        float(customers.sum()),
    )


def log_likelihood(
    log_parameters: np.ndarray, amounts: Amounts
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return ln L of all customers, its gradient and its Hessian in (ln p, ln q, ln v)."""
    p, q, v = parameters = np.exp(log_parameters)
    px, count = p * amounts.purchases, amounts.customers_of
    by_frequency = [
        -betaln(px, q),
        amounts.purchases * (digamma(px + q) - digamma(px)),
        digamma(px + q) - digamma(q),
        amounts.purchases**2 * (polygamma(1, px + q) - polygamma(1, px)),
        amounts.purchases * polygamma(1, px + q),
        polygamma(1, px + q) - polygamma(1, q),
    ]
    value, by_p, by_q, by_pp, by_pq, by_qq = ((part * count).sum() for part in by_frequency)
    sums = sum(_sums(v, amounts, start) for start in range(0, len(amounts.amount), _CHUNK))
    log_x, log_1, over_x, over_1, square_x, square_1 = sums
    value += q * np.log(v) * amounts.total + p * (amounts.log_amounts - log_x) - q * log_1
    slope = np.array(
        [
            by_p + amounts.log_amounts - log_x,
            by_q + np.log(v) * amounts.total - log_1,
            q / v * amounts.total - p * over_x - q * over_1,
        ]
    )
    curve = np.array(
        [
            [by_pp, by_pq, -over_x],
            [by_pq, by_qq, amounts.total / v - over_1],
            [
                -over_x,
                amounts.total / v - over_1,
                p * square_x + q * square_1 - q / v**2 * amounts.total,
            ],
        ]
    )
    gradient = slope * parameters
    hessian = curve * np.outer(parameters, parameters) + np.diag(gradient)
    return float(value - amounts.log_means), gradient, hessian


def _sums(v: float, amounts: Amounts, start: int) -> np.ndarray:
    """Sum ln(v + z), 1 / (v + z) and its square, times x and alone, over a part of the rows."""
    part = slice(start, start + _CHUNK)
    customers = amounts.customers[part]
    purchases = customers * amounts.frequency[part]
    log_sum = np.log(v + amounts.amount[part])
    over = 1 / (v + amounts.amount[part])
    return np.array(
        [
            np.einsum("i,i", weight, value)
            for value in (log_sum, over, over * over)
            for weight in (purchases, customers)
        ]
    )


def most_likely_spend(
    amounts: Amounts,
    *,
    penalty: float = 0.0,
    start: np.ndarray | None = None,
    least_q: float = 0.0,
) -> SpendFit:
    """Find the maximum of the likelihood, of many rows first that of some twenty thousand.

    Args:
        amounts: Customers, with a mean amount of about 1.
        penalty: Times the sum of squared parameters, taken off the mean log-likelihood.
        start: Log parameters to begin with.
        least_q: Smallest q allowed.
    """
    low = _LOW.copy()
    low[1] = np.log(max(least_q, np.exp(low[1])))
    begin = _START if start is None else np.asarray(start, dtype=float)
    step = len(amounts.amount) // _WARM_UP_ROWS
    if step > 1:
        kept = (amounts.frequency, amounts.amount, amounts.customers)
        thin = gather_amounts(*(part[::step] for part in kept))
        begin = maximize(_mean(thin, penalty), begin, low, _HIGH).point
    best = maximize(_mean(amounts, penalty), begin, low, _HIGH)
    parameters = np.exp(best.point)
    boundary = spend_boundaries(parameters)
    fixed = unidentified(boundary, NAMES) | best.held
    return SpendFit(
        log_parameters=best.point,
        log_likelihood=(best.value + penalty * (parameters**2).sum()) * amounts.total,
        hessian=best.hessian,
        log_covariance=covariance(best.hessian * amounts.total, fixed),
        boundary=boundary,
        slope=float(np.abs(best.gradient[~best.held]).max(initial=0)),
    )


def _mean(amounts: Amounts, penalty: float) -> Function:
    def function(log_parameters: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        value, gradient, hessian = (
            part / amounts.total for part in log_likelihood(log_parameters, amounts)
        )
        squared = penalty * np.exp(2 * log_parameters)
        return value - squared.sum(), gradient - 2 * squared, hessian - np.diag(4 * squared)

    return function
