"""How often will customers buy again? BG/NBD and MBG/NBD, fitted on counted rows.

Every customer buys at random with an own rate until, after some purchase, silently leaving for
good. Rates differ between customers as a Gamma(r, alpha), the chance of leaving after a purchase
as a Beta(a, b). BG/NBD lets customers leave after repeat purchases only: Fader, Hardie & Lee
(2005), "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model, Marketing
Science 24(2), 275-284; equation numbers below are theirs. MBG/NBD lets them leave after the first
purchase too: Batislam, Denizel & Filiztekin (2007), International Journal of Research in Marketing
24(3), 201-209.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from analysis.errors import DataError, ParameterError
from analysis.ltv.boundary import Boundary
from analysis.ltv.expectation import expected_after_first, expected_while_alive
from analysis.ltv.purchase_fit import most_likely
from analysis.ltv.purchase_likelihood import gather
from analysis.ltv.purchase_types import require_one_off

DAYS_PER_WEEK = 7
MIN_REPEAT_CUSTOMERS = 30
PurchaseModelKind = Literal["bg_nbd", "mbg_nbd"]


class PurchaseModel(NamedTuple):
    """A fitted BG/NBD or MBG/NBD model; time is counted in weeks, as in the literature.

    Attributes:
        r: Shape of the purchase rates.
        alpha: Rate parameter of the purchase rates, in weeks.
        a: First parameter of the drop-out chances.
        b: Second parameter of the drop-out chances.
        log_likelihood: At the maximum.
        log_covariance: 4 x 4 covariance of (log r, log alpha, log a, log b); rows of parameters
            that the data cannot tell are zero.
        customers: Customers the model was fitted on.
        repeat_customers: Of these, customers who bought on at least two days.
        rows: Distinct (frequency, recency, age) rows the fit ran on.
        kind: Which of the two models.
        boundary: Edges at which the parameters lie, mostly none; `boundary_sentence` says what
            each means.
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
    kind: PurchaseModelKind = "bg_nbd"
    boundary: tuple[Boundary, ...] = ()

    @property
    def aic(self) -> float:
        """Akaike's criterion: of two models of the same customers the lower one fits better."""
        return 2 * 4 - 2 * self.log_likelihood

    @property
    def first_chances(self) -> int:
        """Chances to leave before any repeat purchase."""
        return int(self.kind == "mbg_nbd")


def fit_purchases(cells: pd.DataFrame, *, kind: PurchaseModelKind = "bg_nbd") -> PurchaseModel:
    """Fit a purchase model by maximum likelihood on counted rows.

    Equal (frequency, recency, age) rows have equal likelihoods, so each is computed once and
    weighted by its number of customers: the same maximum as on a row per customer. The fit does not
    fail: where the likelihood is highest at an edge of what parameters can be, `boundary` names it.

    Args:
        cells: Columns `frequency`, `recency_days`, `age_days`, `customers`
            (`sql/btyd_cells.sql`).
        kind: BG/NBD, or MBG/NBD, in which also the first purchase may be the last.

    Raises:
        ParameterError: There is no model of that kind.
        DataError: Fewer than 30 customers bought again, all customers are of today, or the cells
            hold subscription orders.
    """
    if kind not in ("bg_nbd", "mbg_nbd"):
        raise ParameterError(f"kind == '{kind}', must be 'bg_nbd' or 'mbg_nbd'.")
    require_one_off(cells)
    frequency, recency, age, counts = (
        cells[column].to_numpy(float)
        for column in ("frequency", "recency_days", "age_days", "customers")
    )
    customers, repeat_customers = int(counts.sum()), int(counts[frequency > 0].sum())
    if repeat_customers < MIN_REPEAT_CUSTOMERS:
        raise DataError(
            f"{repeat_customers} of {customers} customers bought on more than one day, must be "
            f"at least {MIN_REPEAT_CUSTOMERS} to predict purchases: choose a later day or wait."
        )
    oldest_days = age.max()
    if oldest_days <= 0:
        raise DataError(
            "age_days is 0 for all customers: nobody has had time to buy again. Choose a later day."
        )
    histories = gather(
        frequency,
        recency,
        age,
        counts,
        first_chances=int(kind == "mbg_nbd"),
        unit=oldest_days,
    )
    fit = most_likely(histories)
    r, alpha, a, b = (float(value) for value in np.exp(fit.log_parameters))
    oldest_weeks = oldest_days / DAYS_PER_WEEK
    repeats = np.einsum("i,i", frequency, counts)
    return PurchaseModel(
        r=r,
        alpha=float(alpha * oldest_weeks),
        a=a,
        b=b,
        log_likelihood=float(fit.log_likelihood - np.log(oldest_weeks) * repeats),
        log_covariance=fit.log_covariance,
        customers=customers,
        repeat_customers=repeat_customers,
        rows=len(cells),
        kind=kind,
        boundary=fit.boundary,
    )


def alive_probability(
    model: PurchaseModel, frequency: np.ndarray, recency_days: np.ndarray, age_days: np.ndarray
) -> np.ndarray:
    """Return the chance that customers have not left for good.

    P(alive) = 1 / (1 + a / (b + k - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x)) for x repeat
    purchases and k chances to leave. BG/NBD lets customers leave only after a repeat purchase
    (k = x), so it gives exactly 1 to everyone who bought once, however long ago: say so where it is
    shown. MBG/NBD (k = x + 1) does not.

    Args:
        model: A fitted model.
        frequency: Repeat purchase days, x.
        recency_days: Days from first to last purchase, t_x.
        age_days: Days from first purchase to the as-of day, T.
    """
    frequency, recency, age = (
        np.asarray(values, dtype=float) for values in (frequency, recency_days, age_days)
    )
    chances = frequency + model.first_chances
    scale_days = model.alpha * DAYS_PER_WEEK
    log_odds_of_leaving = np.log(model.a / (model.b + np.maximum(chances, 1) - 1)) + (
        model.r + frequency
    ) * np.log((scale_days + age) / (scale_days + recency))
    with np.errstate(over="ignore"):
        return np.where(chances > 0, 1 / (1 + np.exp(log_odds_of_leaving)), 1.0)


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
    return expected_new_each([model], days)[0]


def expected_new_each(models: Sequence[PurchaseModel], days: np.ndarray) -> np.ndarray:
    """Return `expected_new` of several models of one kind, an array of models x days."""
    r, alpha, a, b, first = np.array(
        [(each.r, each.alpha, each.a, each.b, each.first_chances) for each in models]
    ).T
    staying = (b / (a + b)) ** first
    ratio = np.asarray(days, dtype=float) / (alpha * DAYS_PER_WEEK)[:, None]
    return staying[:, None] * expected_after_first(r, a, b + first, ratio)


def expected_if_alive(
    model: PurchaseModel,
    frequency: np.ndarray,
    age_days: np.ndarray,
    horizon_days: np.ndarray | float,
) -> np.ndarray:
    """Return the purchases expected within a horizon of customers who have not left yet.

    Args:
        model: A fitted model.
        frequency: Repeat purchase days.
        age_days: Days from first purchase to the as-of day.
        horizon_days: Length of the horizon, of the same shape or one for all.
    """
    frequency, ratio = np.broadcast_arrays(
        np.asarray(frequency, dtype=float),
        np.asarray(horizon_days, dtype=float)
        / (model.alpha * DAYS_PER_WEEK + np.asarray(age_days, dtype=float)),
    )
    stay = model.b + model.first_chances
    expected = expected_while_alive(model.r, model.a, stay, frequency.ravel(), ratio.ravel())
    return expected[0].reshape(frequency.shape)
