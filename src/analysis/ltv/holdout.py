"""How far can the prediction be trusted? Fit on the first part of the history, look at the rest."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.errors import DataError, ParameterError
from analysis.intervals import z_score
from analysis.ltv.bins import count_bins
from analysis.ltv.purchases import (
    DAYS_PER_WEEK,
    PurchaseModel,
    expected_purchases,
)


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


MIN_WEEKS = 8


def split_day(first_day: date, as_of: date, *, calibration_end: str = "") -> date | None:
    """Return the last day of the calibration period, or None with under eight weeks to split.

    Args:
        first_day: Day of the first order.
        as_of: Last day of the holdout period.
        calibration_end: ISO date, or empty for halfway in whole weeks.

    Raises:
        ParameterError: The text is no date, or does not lie between the two days.

    >>> split_day(date(1997, 1, 1), date(1998, 6, 30))
    datetime.date(1997, 9, 30)
    """
    weeks = whole_weeks(first_day, as_of)
    if not calibration_end:
        return as_of - timedelta(days=weeks // 2 * DAYS_PER_WEEK) if weeks >= MIN_WEEKS else None
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
    return day if weeks >= MIN_WEEKS else None


def whole_weeks(first_day: date, as_of: date) -> int:
    """Return how many whole weeks there are from one day to another, both included."""
    return ((as_of - first_day).days + 1) // DAYS_PER_WEEK


def predict_holdout(
    holdout: pd.DataFrame, models: Mapping[str, PurchaseModel], *, holdout_days: int
) -> pd.DataFrame:
    """Predict the holdout purchases of each customer, by models and by the naive rate.

    The naive rate says that everyone goes on as before: purchases so far, times holdout days over
    days since the first purchase.

    Args:
        holdout: `sql/btyd_holdout.sql`.
        models: Name to a model fitted on the calibration period only.
        holdout_days: Length of the holdout period.

    Returns:
        The holdout with a column for each model's name, and `naive`.
    """
    predicted = {
        name: expected_purchases(
            model,
            holdout["frequency"],
            holdout["recency_days"],
            holdout["age_days"],
            horizon_days=holdout_days,
        )
        for name, model in models.items()
    }
    age = np.maximum(holdout["age_days"].to_numpy(float), 1)
    return holdout.assign(**predicted, naive=holdout["frequency"] * holdout_days / age)


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
    margin = z_score(0.95) * float(np.sqrt(len(difference)) * difference.std(ddof=1)) / total
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


def holdout_by_frequency(predicted: pd.DataFrame, model: str) -> pd.DataFrame:
    """Average actual and predicted holdout purchases by repeat purchases in calibration.

    Args:
        predicted: What `predict_holdout` returned.
        model: Name of the model.

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
            "actual_low": (actual - z_score(0.95) * spread).clip(lower=0),
            "actual_high": actual + z_score(0.95) * spread,
            "model_mean": grouped[model].mean(),
            "naive_mean": grouped["naive"].mean(),
        }
    ).reset_index(drop=True)
