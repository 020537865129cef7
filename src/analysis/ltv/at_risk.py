"""Which valuable customers are slipping away? High value, and a chance to be a customer that falls.

A campaign's rule names them by `value_standing: at_risk`.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.ltv.one_off import OneOff
from analysis.ltv.predictive import Outlook, outlook
from analysis.ltv.purchases import PurchaseModel, alive_probability
from analysis.ltv.scoring import score
from analysis.ltv.spend import SpendModel
from analysis.suppression import MIN_SHOWN

AT_RISK, VALUABLE, ORDINARY, ONCE = VALUE_STANDINGS = ("at_risk", "valuable", "ordinary", "once")
# The horizon of a rule: whom a campaign means must not hang on a report's parameter.
HORIZON_DAYS = 365
FALL_DAYS = 28
LEAST_FALL = 0.05
TOP_SHARE = 0.2


def alive_fall(scored: pd.DataFrame, model: PurchaseModel, *, days: int = FALL_DAYS) -> np.ndarray:
    """Return by how much the chance to be still a customer has fallen within the last days.

    Compared with the chance that the same model gave then, with what was known then. Who bought
    within these days has not fallen.

    Args:
        scored: Columns `frequency`, `recency_days`, `age_days`, `alive_probability`.
        model: The model of `alive_probability`.
        days: How far back.

    Returns:
        Differences of chances, 0 to 1.
    """
    age = scored["age_days"].to_numpy(float)
    recency = scored["recency_days"].to_numpy(float)
    silent = age - recency >= days
    then = alive_probability(model, scored["frequency"], recency, np.where(silent, age - days, age))
    fall = np.where(silent, then - scored["alive_probability"].to_numpy(float), 0.0)
    return np.maximum(fall, 0.0)


def value_standing(scored: pd.DataFrame, fall: np.ndarray) -> pd.Series:
    """Return how each customer's value stands.

    `at_risk`: a repeat customer in the top fifth of them by what each would bring if still a
    customer, whose chance to be one fell by 5 points or more within 28 days. `valuable`: the others
    of that fifth. `ordinary`: the other repeat customers. `once`: bought once, of whom nothing is
    known but that.

    Args:
        scored: What `ltv.score` returned.
        fall: What `alive_fall` returned.
    """
    repeaters = scored["frequency"].to_numpy() > 0
    worth = scored["value_if_alive_minor"].to_numpy(float)
    edge = np.quantile(worth[repeaters], 1 - TOP_SHARE) if repeaters.any() else np.inf
    top = repeaters & (worth >= edge)
    return pd.Series(
        np.select(
            [~repeaters, top & (np.asarray(fall) >= LEAST_FALL), top],
            [ONCE, AT_RISK, VALUABLE],
            default=ORDINARY,
        ),
        index=scored.index,
    )


def score_standing(
    summary: pd.DataFrame, purchases: PurchaseModel, spend: SpendModel
) -> pd.DataFrame:
    """Score everybody over a year and say how each one's value stands.

    Args:
        summary: `sql/btyd_summary.sql`.
        purchases: A fitted purchase model.
        spend: A fitted spend model.

    Returns:
        What `ltv.score` returns, with `alive_probability_fall` and `value_standing`.
    """
    scored = score(summary, purchases, spend, horizon_days=HORIZON_DAYS)
    fall = alive_fall(scored, purchases)
    return scored.assign(alive_probability_fall=fall, value_standing=value_standing(scored, fall))


class ValueAtRisk(NamedTuple):
    """The valuable customers who are slipping away, and what goes with them.

    Attributes:
        customers: How many.
        expected: What they are expected to do within a year.
        stake_minor: What they would bring more if all of them stayed, in minor units.
        mean_fall: Mean fall of their chance to be still customers within 28 days.
    """

    customers: int
    expected: Outlook
    stake_minor: float
    mean_fall: float


def value_at_risk(
    scored: pd.DataFrame, purchases: PurchaseModel, spend: SpendModel
) -> ValueAtRisk | None:
    """Add up what is at stake with the customers at risk, or return None with fewer than ten.

    Args:
        scored: What `score_standing` returned.
        purchases: The purchase model.
        spend: The spend model.
    """
    rows = scored[scored["value_standing"] == AT_RISK].reset_index(drop=True)
    if len(rows) < MIN_SHOWN:
        return None
    groups = pd.Series(AT_RISK, index=rows.index)
    expected = outlook(rows, purchases, spend, horizon_days=HORIZON_DAYS, groups=groups)["total"]
    return ValueAtRisk(
        customers=len(rows),
        expected=expected,
        stake_minor=float(rows["value_if_alive_minor"].sum() - expected.value_minor),
        mean_fall=float(rows["alive_probability_fall"].mean()),
    )


def read_at_risk(one_off: OneOff | None) -> ValueAtRisk | None:
    """Return what is at risk of a shop's one-off customers, or None where that is hardly anything.

    Args:
        one_off: What `read_one_off` returned.
    """
    if one_off is None:
        return None
    scored = score_standing(one_off.scored, one_off.purchases, one_off.spend)
    return value_at_risk(scored, one_off.purchases, one_off.spend)
