"""How far can the prediction be trusted? Fit on the first part of the history, look at the rest."""

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.errors import DataError, ParameterError
from analysis.ltv.bins import count_bins
from analysis.ltv.purchases import (
    DAYS_PER_WEEK,
    PurchaseModel,
    expected_new,
    expected_purchases,
)

_Z_95 = 1.959964


class PredictionError(NamedTuple):
    """How far one way to predict holdout purchases was from what happened.

    Attributes:
        predicted: Purchases predicted for all customers together.
        actual: Purchases they made.
        bias_share: (predicted - actual) / actual.
        bias_low: Lower end of its 95% interval, from how much customers differ in their errors.
        bias_high: Upper end of its 95% interval.
        mean_absolute_error: Per customer, in purchases.
        root_mean_squared_error: Per customer, in purchases.
        correlation: Between predicted and actual purchases of a customer.
        customers: Customers compared.
    """

    predicted: float
    actual: int
    bias_share: float
    bias_low: float
    bias_high: float
    mean_absolute_error: float
    root_mean_squared_error: float
    correlation: float
    customers: int


def split_day(first_day: date, as_of: date, *, calibration_end: str = "") -> date:
    """Return the last day of the calibration period.

    Args:
        first_day: Day of the first order.
        as_of: Last day of the holdout period.
        calibration_end: ISO date, or empty for halfway in whole weeks.

    Raises:
        ParameterError: The text is no date, or does not lie between the two days.
        DataError: There are fewer than eight weeks to split.

    >>> split_day(date(1997, 1, 1), date(1998, 6, 30))
    datetime.date(1997, 9, 30)
    """
    weeks = ((as_of - first_day).days + 1) // DAYS_PER_WEEK
    if weeks < 8:
        raise DataError(
            f"The orders cover {weeks} weeks, must be at least 8 to check a prediction: "
            f"choose a later day or wait."
        )
    if not calibration_end:
        return as_of - timedelta(days=weeks // 2 * DAYS_PER_WEEK)
    try:
        day = date.fromisoformat(calibration_end)
    except ValueError:
        raise ParameterError(
            f"calibration_end == '{calibration_end}', must be a date such as {as_of}."
        ) from None
    if not first_day < day < as_of:
        raise ParameterError(
            f"calibration_end == {day}, must lie between {first_day} (first order) and {as_of}."
        )
    return day


def predict_holdout(
    holdout: pd.DataFrame, model: PurchaseModel, *, holdout_days: int
) -> pd.DataFrame:
    """Predict the holdout purchases of each customer, by the model and by the naive rate.

    The naive rate says that everyone goes on as before: purchases so far, times holdout days over
    days since the first purchase.

    Args:
        holdout: `sql/btyd_holdout.sql`.
        model: Fitted on the calibration period only.
        holdout_days: Length of the holdout period.

    Returns:
        The holdout with `model_purchases` and `naive_purchases`.
    """
    age = holdout["age_days"].to_numpy(float)
    return holdout.assign(
        model_purchases=expected_purchases(
            model,
            holdout["frequency"],
            holdout["recency_days"],
            holdout["age_days"],
            horizon_days=holdout_days,
        ),
        naive_purchases=holdout["frequency"] * holdout_days / np.maximum(age, 1),
    )


def prediction_error(predicted: pd.Series, actual: pd.Series) -> PredictionError:
    """Compare predicted with actual purchases, customer by customer.

    Args:
        predicted: Purchases predicted for each customer.
        actual: Purchases each customer made.

    Raises:
        DataError: Nobody bought in the holdout period.
    """
    total = int(actual.sum())
    if total == 0 or len(actual) < 2:
        raise DataError(
            "Nobody bought again in the holdout period: the prediction cannot be checked. "
            "Choose an earlier calibration_end."
        )
    difference = (predicted - actual).to_numpy(float)
    bias = float(predicted.sum() / total - 1)
    margin = _Z_95 * float(np.sqrt(len(difference)) * difference.std(ddof=1)) / total
    varies = np.ptp(predicted) > 0 and np.ptp(actual) > 0
    return PredictionError(
        predicted=float(predicted.sum()),
        actual=total,
        bias_share=bias,
        bias_low=bias - margin,
        bias_high=bias + margin,
        mean_absolute_error=float(np.abs(difference).mean()),
        root_mean_squared_error=float(np.sqrt((difference**2).mean())),
        correlation=float(np.corrcoef(predicted, actual)[0, 1]) if varies else np.nan,
        customers=len(actual),
    )


def holdout_by_frequency(predicted: pd.DataFrame) -> pd.DataFrame:
    """Average actual and predicted holdout purchases by repeat purchases in calibration.

    Args:
        predicted: What `predict_holdout` returned.

    Returns:
        One row per range of repeat purchases: `repeats` (text), `customers`, `actual_mean` with
        `actual_low` and `actual_high` (95%), `model_mean`, `naive_mean`.
    """
    grouped = predicted.groupby(count_bins(predicted["frequency"], start=0), observed=True)
    spread = grouped["holdout_frequency"].std(ddof=1).fillna(0) / np.sqrt(grouped.size())
    actual = grouped["holdout_frequency"].mean()
    return pd.DataFrame(
        {
            "repeats": actual.index.astype(str),
            "customers": grouped.size(),
            "actual_mean": actual,
            "actual_low": (actual - _Z_95 * spread).clip(lower=0),
            "actual_high": actual + _Z_95 * spread,
            "model_mean": grouped["model_purchases"].mean(),
            "naive_mean": grouped["naive_purchases"].mean(),
        }
    ).reset_index(drop=True)


def track(
    purchases_by_day: pd.DataFrame, model: PurchaseModel, *, first_day: date, as_of: date
) -> pd.DataFrame:
    """Follow actual and expected repeat purchases week by week, through calibration and holdout.

    Expected purchases of a week are the sum over customers of E[X(t)] for the time since each one's
    first purchase, equation (9), with no look at what they did.

    Args:
        purchases_by_day: `sql/purchases_by_day.sql`; only customers acquired by its `acquired_by`
            day, the end of calibration, are followed.
        model: Fitted on the calibration period only.
        first_day: Day of the first order; weeks are counted from it.
        as_of: Last day.

    Returns:
        One row a whole week: `week`, `last_day`, `actual`, `expected`, `actual_total`,
        `expected_total` (running totals).
    """
    days = pd.date_range(first_day, as_of)
    by_day = purchases_by_day.set_index("day").reindex(days, fill_value=0)
    so_far = expected_new(model, np.arange(len(days)))
    expected_total = np.convolve(by_day["cohort_new_customers"], so_far)[: len(days)]
    week_ends = np.arange(DAYS_PER_WEEK - 1, len(days), DAYS_PER_WEEK)
    actual_total = by_day["cohort_repeat_purchases"].cumsum().to_numpy()[week_ends]
    return pd.DataFrame(
        {
            "week": np.arange(1, len(week_ends) + 1),
            "last_day": days[week_ends],
            "actual": np.diff(actual_total, prepend=0),
            "expected": np.diff(expected_total[week_ends], prepend=0.0),
            "actual_total": actual_total,
            "expected_total": expected_total[week_ends],
        }
    )
