"""How often will customers buy again? BG/NBD, fitted with lifetimes on counted rows.

Every customer buys at random with an own rate until, after some purchase, silently leaving for
good. Rates differ between customers as a Gamma(r, alpha), the chance of leaving after a purchase
as a Beta(a, b). Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way: An Alternative
to the Pareto/NBD Model, Marketing Science 24(2), 275-284; equation numbers below are theirs.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import roots_jacobi

from analysis.errors import DataError, ParameterError
from analysis.ltv.fitters import BetaGeoFitter, ConvergenceError, quiet_fit

DAYS_PER_WEEK = 7
MIN_REPEAT_CUSTOMERS = 30
_NODES = 48
# A fit that stops short of its tolerance mostly succeeds from another start or with a wider one.
_ATTEMPTS = (
    {},
    {"initial_params": np.log([0.5, 1.0, 0.5, 2.0])},
    {"initial_params": np.log([1.0, 1.0, 0.1, 5.0]), "tol": 1e-5},
)


class PurchaseModel(NamedTuple):
    """A fitted BG/NBD model; time is counted in weeks, as in the literature.

    Attributes:
        r: Shape of the purchase rates.
        alpha: Rate parameter of the purchase rates, in weeks.
        a: First parameter of the drop-out chances.
        b: Second parameter of the drop-out chances.
        log_likelihood: At the maximum.
        log_covariance: 4 x 4 covariance of (log r, log alpha, log a, log b).
        customers: Customers the model was fitted on.
        repeat_customers: Of these, customers who bought on at least two days.
        rows: Distinct (frequency, recency, age) rows the fit ran on.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    log_covariance: np.ndarray
    customers: int
    repeat_customers: int
    rows: int


def fit_purchases(cells: pd.DataFrame) -> PurchaseModel:
    """Fit the BG/NBD model by maximum likelihood on counted rows.

    Equal (frequency, recency, age) rows have equal likelihoods, so each is computed once and
    weighted by its number of customers: the same maximum as on a row per customer.

    Args:
        cells: Columns `frequency`, `recency_days`, `age_days`, `customers`
            (`sql/btyd_cells.sql`).

    Raises:
        DataError: Fewer than 30 customers bought again, or no maximum can be found.
    """
    customers = int(cells["customers"].sum())
    repeat_customers = int(cells.loc[cells["frequency"] > 0, "customers"].sum())
    if repeat_customers < MIN_REPEAT_CUSTOMERS:
        raise DataError(
            f"{repeat_customers} of {customers} customers bought on more than one day, must be "
            f"at least {MIN_REPEAT_CUSTOMERS} to predict purchases: choose a later day or wait."
        )
    fitter = _converged(cells)
    parameters = fitter.params_
    # lifetimes reports the mean, in a time unit of its own that makes the oldest age 1.
    log_likelihood = -fitter._negative_log_likelihood_ * customers + np.log(fitter._scale) * (
        cells["frequency"] @ cells["customers"]
    )
    return PurchaseModel(
        *(float(value) for value in parameters),
        log_likelihood=float(log_likelihood),
        # lifetimes scales the columns of the inverse Hessian only: undone, it is the covariance
        # of the log parameters.
        log_covariance=fitter.variance_matrix_.to_numpy() / parameters.to_numpy() ** 2,
        customers=customers,
        repeat_customers=repeat_customers,
        rows=len(cells),
    )


def _converged(cells: pd.DataFrame) -> BetaGeoFitter:
    for options in _ATTEMPTS:
        fitter = BetaGeoFitter()
        with quiet_fit(), np.errstate(all="ignore"):
            try:
                fitter.fit(
                    cells["frequency"],
                    cells["recency_days"] / DAYS_PER_WEEK,
                    cells["age_days"] / DAYS_PER_WEEK,
                    weights=cells["customers"],
                    **options,
                )
            except (ConvergenceError, np.linalg.LinAlgError, ValueError):
                continue
        if np.isfinite(fitter.variance_matrix_.to_numpy()).all():
            return fitter
    raise DataError(
        "The purchase model finds no best fit on these customers: they show no clear pattern of "
        "leaving. Use the observed values, or try again with a longer history."
    )


def alive_probability(
    model: PurchaseModel, frequency: np.ndarray, recency_days: np.ndarray, age_days: np.ndarray
) -> np.ndarray:
    """Return the chance that customers have not left for good.

    P(alive) = 1 / (1 + a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x)) for x > 0
    repeat purchases. The model lets customers leave only after a repeat purchase, so it gives
    exactly 1 to everyone who bought once, however long ago: say so where it is shown.

    Args:
        model: A fitted model.
        frequency: Repeat purchase days, x.
        recency_days: Days from first to last purchase, t_x.
        age_days: Days from first purchase to the as-of day, T.
    """
    frequency, recency, age = (
        np.asarray(values, dtype=float) for values in (frequency, recency_days, age_days)
    )
    log_odds_of_leaving = np.log(model.a / (model.b + np.maximum(frequency, 1) - 1)) + (
        model.r + frequency
    ) * (np.log(model.alpha + age / DAYS_PER_WEEK) - np.log(model.alpha + recency / DAYS_PER_WEEK))
    return np.where(frequency > 0, 1 / (1 + np.exp(np.minimum(log_odds_of_leaving, 700))), 1.0)


def expected_purchases(
    model: PurchaseModel,
    frequency: np.ndarray,
    recency_days: np.ndarray,
    age_days: np.ndarray,
    *,
    horizon_days: int,
) -> np.ndarray:
    """Return how many purchases customers are expected to make within a horizon.

    E[Y(t) | x, t_x, T] = P(alive) * E[Y(t) | alive], equation (10).

    Args:
        model: A fitted model.
        frequency: Repeat purchase days.
        recency_days: Days from first to last purchase.
        age_days: Days from first purchase to the as-of day.
        horizon_days: Length of the horizon.

    Raises:
        ParameterError: The horizon is shorter than a day.
    """
    check_horizon(horizon_days)
    alive = alive_probability(model, frequency, recency_days, age_days)
    return alive * expected_if_alive(model, frequency, age_days, horizon_days)


def check_horizon(horizon_days: int) -> None:
    """Refuse a horizon shorter than a day.

    >>> check_horizon(-5)
    Traceback (most recent call last):
        ...
    analysis.errors.ParameterError: horizon_days == -5, must be >= 1.
    """
    if horizon_days < 1:
        raise ParameterError(f"horizon_days == {horizon_days}, must be >= 1.")


def expected_new(model: PurchaseModel, days: np.ndarray) -> np.ndarray:
    """Return the repeat purchases expected of a new customer within days of the first, eq. (9)."""
    days = np.asarray(days, dtype=float)
    return expected_if_alive(model, np.zeros_like(days), np.zeros_like(days), days)


def expected_if_alive(
    model: PurchaseModel,
    frequency: np.ndarray,
    age_days: np.ndarray,
    horizon_days: np.ndarray | float,
) -> np.ndarray:
    """Return the purchases expected within a horizon of customers who have not left yet.

    Given alive, rate ~ Gamma(r + x, alpha + T) and chance of leaving p ~ Beta(a, b + x), and
    E[Y(t)] = E_p[(1 - ((alpha + T) / (alpha + T + p t)) ** (r + x)) / p]. The integral over p is
    taken by Gauss-Jacobi quadrature. The closed form with 2F1 has poles at a = 1 and a + b + x = 1
    and fails for one-time buyers when a + b < 1; the integral does not.
    """
    rows = np.stack(
        np.broadcast_arrays(
            np.asarray(frequency, dtype=float),
            np.asarray(age_days, dtype=float),
            np.asarray(horizon_days, dtype=float),
        ),
        axis=-1,
    )
    distinct, where = np.unique(rows.reshape(-1, 3), axis=0, return_inverse=True)
    expected = np.empty(len(distinct))
    starts = np.flatnonzero(np.diff(distinct[:, 0], prepend=-1.0))
    for start, stop in zip(starts, [*starts[1:], len(distinct)], strict=True):
        purchases = distinct[start, 0]
        # scipy divides 0 by 0 in a term that it then drops, where a + b + x = 1.
        with np.errstate(invalid="ignore"):
            nodes, weights = roots_jacobi(_NODES, model.b + purchases - 1, model.a - 1)
        chance_of_leaving = (1 + nodes) / 2
        odds = distinct[start:stop, 2] / (model.alpha * DAYS_PER_WEEK + distinct[start:stop, 1])
        bought = -np.expm1(-(model.r + purchases) * np.log1p(np.outer(odds, chance_of_leaving)))
        expected[start:stop] = (bought / chance_of_leaving) @ (weights / weights.sum())
    return expected[where].reshape(rows.shape[:-1])
