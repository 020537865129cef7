"""What will customers be worth over a horizon, one by one, and how well is that known?"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.errors import ParameterError
from analysis.ltv.expectation import expected_while_alive
from analysis.ltv.purchases import DAYS_PER_WEEK, PurchaseModel, alive_probability, check_horizon
from analysis.ltv.spend import SpendModel, expected_spend

DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / 12
_CHUNK = 16_384


class _Months(NamedTuple):
    """Ends of the months of a horizon, and what a purchase by each counts more than by the next."""

    end_days: np.ndarray
    weight: np.ndarray


class _Expected(NamedTuple):
    """Purchases expected of customers who have not left, at each distinct (frequency, age).

    Attributes:
        of_row: Where each customer is found.
        whole: Over the horizon.
        discounted: The same, later months counting less.
        slopes: 4 x n derivatives of ln discounted by the logs of r, alpha, a and b.
    """

    of_row: np.ndarray
    whole: np.ndarray
    discounted: np.ndarray
    slopes: np.ndarray


def score(
    summary: pd.DataFrame,
    purchases: PurchaseModel,
    spend: SpendModel,
    *,
    horizon_days: int,
    margin_share: float = 1.0,
    annual_discount_rate: float = 0.0,
    month_days: float = DAYS_PER_MONTH,
) -> pd.DataFrame:
    """Predict each customer.

    Lifetime value is P(alive) * E[amount per purchase] * margin * sum over months m of
    E[purchases in m] / (1 + annual rate) ** (m / 12). Its standard error carries how well the seven
    parameters are known (delta method, exact slopes), not the chance in what one customer does: it
    tells how far the expectation may be off, not how far the customer may stray from it.

    Args:
        summary: Columns `frequency`, `recency_days`, `age_days`, `repeat_amount_minor`
            (`sql/btyd_summary.sql`).
        purchases: A fitted purchase model.
        spend: A fitted spend model.
        horizon_days: Length of the horizon.
        margin_share: What is left of an amount after variable costs, such as 0.4.
        annual_discount_rate: What a year's wait takes off the worth of money, such as 0.1.
        month_days: Length of a month.

    Returns:
        The summary with `silent_days` (since the last purchase), `alive_probability`,
        `expected_purchases`, `expected_spend_minor` (per purchase), `expected_value_minor` and
        `value_if_alive_minor` (both over the horizon, undiscounted, before costs),
        `lifetime_value_minor` (discounted, times margin) and `lifetime_value_se_minor`, its
        standard error.

    Raises:
        ParameterError: The horizon is shorter than a day, the margin outside 0 to 1, or the rate
            negative.
    """
    months = _months(horizon_days, annual_discount_rate, month_days)
    if not 0 < margin_share <= 1:
        raise ParameterError(f"margin_share == {margin_share}, must be above 0 and at most 1.")
    frequency, recency, age, repeat_amount = (
        summary[column].to_numpy(float)
        for column in ("frequency", "recency_days", "age_days", "repeat_amount_minor")
    )
    alive = alive_probability(purchases, frequency, recency, age)
    expected = _expected(purchases, frequency, age, months)
    amount = expected_spend(spend, frequency, repeat_amount)
    if_alive = expected.whole[expected.of_row]
    worth = alive * expected.discounted[expected.of_row] * amount * margin_share
    error = _relative_error(purchases, spend, summary, alive, expected)
    return summary.assign(
        silent_days=summary["age_days"] - summary["recency_days"],
        alive_probability=alive,
        expected_purchases=alive * if_alive,
        expected_spend_minor=amount,
        expected_value_minor=alive * if_alive * amount,
        value_if_alive_minor=if_alive * amount,
        lifetime_value_minor=worth,
        lifetime_value_se_minor=worth * error,
    )


def lifetime_value(
    summary: pd.DataFrame,
    purchases: PurchaseModel,
    spend: SpendModel,
    *,
    horizon_days: int,
    margin_share: float = 1.0,
    annual_discount_rate: float = 0.0,
    month_days: float = DAYS_PER_MONTH,
) -> np.ndarray:
    """Return the lifetime value of each customer alone, as `score` defines it."""
    months = _months(horizon_days, annual_discount_rate, month_days)
    frequency, recency, age, repeat_amount = (
        summary[column].to_numpy(float)
        for column in ("frequency", "recency_days", "age_days", "repeat_amount_minor")
    )
    expected = _expected(purchases, frequency, age, months, slopes=False)
    worth = alive_probability(purchases, frequency, recency, age)
    worth *= expected.discounted[expected.of_row]
    worth *= expected_spend(spend, frequency, repeat_amount) * margin_share
    return worth


def _months(horizon_days: int, annual_discount_rate: float, month_days: float) -> _Months:
    check_horizon(horizon_days)
    if annual_discount_rate < 0:
        raise ParameterError(f"annual_discount_rate == {annual_discount_rate}, must be >= 0.")
    number = np.arange(1, int(np.ceil(horizon_days / month_days - 1e-9)) + 1)
    factor = (1 + annual_discount_rate) ** (-number / 12)
    return _Months(
        np.minimum(number * month_days, horizon_days), factor - np.append(factor[1:], 0.0)
    )


def _expected(
    model: PurchaseModel,
    frequency: np.ndarray,
    age_days: np.ndarray,
    months: _Months,
    *,
    slopes: bool = True,
) -> _Expected:
    """Compute expectations once for each distinct (frequency, age), which are few."""
    of_row, x, at_age = _distinct_pairs(frequency, age_days)
    scale_days = model.alpha * DAYS_PER_WEEK
    ratio = months.end_days / (scale_days + at_age)[:, None]
    values = expected_while_alive(
        model.r,
        model.a,
        model.b + model.first_chances,
        np.repeat(x, len(months.end_days)),
        ratio.ravel(),
        slopes=slopes,
    ).reshape(-1, *ratio.shape)
    discounted = np.einsum("ij,j->i", values[0], months.weight)
    gradient = np.empty((0, len(x)))
    if slopes:
        values[2] *= -ratio * (scale_days / (scale_days + at_age))[:, None]
        by_log = np.array([model.r, 1.0, model.a, model.b])[:, None]
        gradient = by_log * np.einsum("kij,j->ki", values[1:], months.weight) / discounted
    return _Expected(of_row, values[0, :, -1], discounted, gradient)


def _distinct_pairs(
    frequency: np.ndarray, age_days: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where each row's pair is found among the distinct ones, and these."""
    width = int(age_days.max(initial=0)) + 1
    key = frequency.astype(np.int64) * width + age_days.astype(np.int64)
    size = int(key.max(initial=0)) + 1
    if size > max(len(key), 1_000_000):
        of_row, pairs = pd.factorize(key)
    else:
        seen = np.zeros(size, dtype=bool)
        seen[key] = True
        pairs = np.flatnonzero(seen)
        place = np.zeros(size, dtype=np.int64)
        place[pairs] = np.arange(len(pairs))
        of_row = place[key]
    return of_row, (pairs // width).astype(float), (pairs % width).astype(float)


def _relative_error(
    purchases: PurchaseModel,
    spend: SpendModel,
    summary: pd.DataFrame,
    alive: np.ndarray,
    expected: _Expected,
) -> np.ndarray:
    """Return the standard error of ln(lifetime value) of each customer, part by part."""
    columns = ("frequency", "recency_days", "age_days", "repeat_amount_minor")
    values = [summary[column].to_numpy() for column in columns]
    error = np.empty(len(summary))
    for start in range(0, len(summary), _CHUNK):
        part = slice(start, start + _CHUNK)
        frequency, recency, age, amount = (value[part].astype(float) for value in values)
        by_purchases = _alive_slopes(purchases, frequency, recency, age, alive[part])
        by_purchases += expected.slopes.take(expected.of_row[part], axis=1)
        by_spend = _spend_slopes(spend, frequency, amount)
        error[part] = _quadratic(by_purchases, purchases.log_covariance)
        error[part] += _quadratic(by_spend, spend.log_covariance)
    return np.sqrt(np.maximum(error, 0))


def _alive_slopes(
    model: PurchaseModel,
    frequency: np.ndarray,
    recency: np.ndarray,
    age: np.ndarray,
    alive: np.ndarray,
) -> np.ndarray:
    """Return derivatives of ln P(alive) by the logs of r, alpha, a and b."""
    scale_days = model.alpha * DAYS_PER_WEEK
    at_age, at_recency = scale_days + age, scale_days + recency
    chances = frequency + model.first_chances
    gone = alive - 1
    odds = np.empty((4, len(frequency)))
    odds[0] = model.r * np.log(at_age / at_recency)
    odds[1] = (model.r + frequency) * scale_days * (1 / at_age - 1 / at_recency)
    odds[2] = 1
    odds[3] = -model.b / (model.b + np.maximum(chances, 1) - 1)
    return odds * gone


def _spend_slopes(model: SpendModel, frequency: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """Return derivatives of ln E[amount per purchase] by the logs of p, q and v."""
    certain = model.p * frequency + model.q - 1
    return np.stack(
        [
            1 - model.p * frequency / certain,
            -model.q / certain,
            model.v_minor / (model.v_minor + amount),
        ]
    )


def _quadratic(slopes: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return g' C g of each column g."""
    total = np.zeros(slopes.shape[1])
    for row in range(len(covariance)):
        total += covariance[row, row] * slopes[row] ** 2
        for column in range(row):
            total += 2 * covariance[row, column] * slopes[row] * slopes[column]
    return total
