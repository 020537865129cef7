"""Lifetime value: what customers were worth, will be worth, and how far that is to be trusted."""

from analysis.ltv.activity import alive_map, standing
from analysis.ltv.boundary import boundary_sentence
from analysis.ltv.concentration import deciles
from analysis.ltv.holdout import (
    PredictionError,
    holdout_by_frequency,
    predict_holdout,
    prediction_error,
    split_day,
    track,
)
from analysis.ltv.observed import (
    ObservedValue,
    mature_window,
    observed_value,
    observed_value_by_cohort,
)
from analysis.ltv.predictive import Outlook, outlook
from analysis.ltv.purchases import (
    PurchaseModel,
    alive_probability,
    expected_new,
    expected_purchases,
    fit_purchases,
)
from analysis.ltv.scoring import lifetime_value, score
from analysis.ltv.spend import SpendModel, expected_spend, fit_spend

__all__ = [
    "ObservedValue",
    "Outlook",
    "PredictionError",
    "PurchaseModel",
    "SpendModel",
    "alive_map",
    "alive_probability",
    "boundary_sentence",
    "deciles",
    "expected_new",
    "expected_purchases",
    "expected_spend",
    "fit_purchases",
    "fit_spend",
    "holdout_by_frequency",
    "lifetime_value",
    "mature_window",
    "observed_value",
    "observed_value_by_cohort",
    "outlook",
    "predict_holdout",
    "prediction_error",
    "score",
    "split_day",
    "standing",
    "track",
]
