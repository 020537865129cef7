"""Lifetime value: what customers were worth, will be worth, and how far that is to be trusted."""

from analysis.ltv.activity import alive_map, standing
from analysis.ltv.at_risk import read_at_risk, score_standing, value_at_risk
from analysis.ltv.boundary import boundary_sentence
from analysis.ltv.concentration import deciles, no_deciles
from analysis.ltv.contract_value import ContractValue, read_contracts
from analysis.ltv.holdout import (
    PredictionError,
    holdout_by_frequency,
    predict_holdout,
    prediction_error,
    split_day,
)
from analysis.ltv.new_customer import NewCustomer, new_customer
from analysis.ltv.observed import (
    ObservedValue,
    mature_window,
    observed_value,
    observed_value_by_cohort,
    read_values,
)
from analysis.ltv.offers import example_costs, offers_worth
from analysis.ltv.one_off import ModelCheck, OneOff, check_models, fit_amounts, read_one_off
from analysis.ltv.predictive import Outlook, outlook
from analysis.ltv.purchase_types import require_one_off
from analysis.ltv.purchases import (
    PurchaseModel,
    alive_probability,
    expected_new,
    expected_purchases,
    fit_purchases,
)
from analysis.ltv.scoring import lifetime_value, score
from analysis.ltv.sources import read_break_even
from analysis.ltv.spend import SpendModel, expected_spend, fit_spend
from analysis.ltv.subscriptions import customer_values
from analysis.ltv.totals import customer_totals, total_values, totals_by_kind
from analysis.ltv.tracking import track

__all__ = [
    "ContractValue",
    "ModelCheck",
    "NewCustomer",
    "ObservedValue",
    "OneOff",
    "Outlook",
    "PredictionError",
    "PurchaseModel",
    "SpendModel",
    "alive_map",
    "alive_probability",
    "boundary_sentence",
    "check_models",
    "customer_totals",
    "customer_values",
    "deciles",
    "example_costs",
    "expected_new",
    "expected_purchases",
    "expected_spend",
    "fit_amounts",
    "fit_purchases",
    "fit_spend",
    "holdout_by_frequency",
    "lifetime_value",
    "mature_window",
    "new_customer",
    "no_deciles",
    "observed_value",
    "observed_value_by_cohort",
    "offers_worth",
    "outlook",
    "predict_holdout",
    "prediction_error",
    "read_at_risk",
    "read_break_even",
    "read_contracts",
    "read_one_off",
    "read_values",
    "require_one_off",
    "score",
    "score_standing",
    "split_day",
    "standing",
    "total_values",
    "totals_by_kind",
    "track",
    "value_at_risk",
]
