"""Every condition of trust can fail, and says what it compared."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import CheckError, ParameterError
from analysis.findings import require
from analysis.ltv import trust
from analysis.ltv.contract_value import ContractCheck
from analysis.ltv.holdout import PredictionError
from analysis.ltv.one_off import OneOff, everybodys_mean, fit_amounts
from analysis.ltv.spend import SpendModel, expected_spend
from analysis.shop import open_shop

ERROR = PredictionError(120, 100, 0.2, 0.1, 0.3, 1, 1, 0.5, 50)
SPEND = SpendModel(6, 3, 1500, -1, np.eye(3), 900, 2, 0.31)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -1.0])
def test_broken_predictions_stop_the_report(broken: float) -> None:
    scored = pd.DataFrame({"expected_purchases": [1.0, 2.0], "expected_value_minor": [1, broken]})
    with pytest.raises(CheckError, match="1 of 2 customers have no valid prediction"):
        require([trust.predictions_are_numbers(scored)])


def test_missed_holdout_is_said_and_does_not_stop() -> None:
    missed = trust.holdout_is_met(ERROR, max_error_share=0.19)
    assert (missed.passed, missed.needed) == (False, False)
    assert "+20.0% off in total; the limit is 19.0%" in missed.sentence
    assert trust.holdout_is_met(ERROR, max_error_share=0.2).passed
    require([missed])


def test_prediction_that_could_not_be_checked_does_not_pass() -> None:
    check = trust.holdout_is_met(None, max_error_share=0.2, unchecked="Too early to check.")
    assert (check.name, check.passed, check.needed) == ("holdout_is_met", False, False)
    assert check.sentence == "Too early to check."


def test_dependent_value_is_said() -> None:
    check = trust.value_is_independent(SPEND)
    assert (check.passed, check.needed) == (False, False)
    assert "is 0.31 among 900 customers" in check.sentence
    assert trust.value_is_independent(SPEND._replace(value_frequency_correlation=-0.3)).passed


def test_history_that_begins_later_than_the_shop_is_said(samples: Path) -> None:
    for name, passed in (("groceries", False), ("cdnow", True)):
        first_days = open_shop(name).reduce("btyd_summary")["first_day"]
        assert trust.history_is_whole(first_days).passed == passed


def test_impossible_limit_is_refused() -> None:
    with pytest.raises(ParameterError, match="max_error_share == 0, must"):
        trust.holdout_is_met(ERROR, max_error_share=0)


def test_little_history_is_said_and_does_not_stop(samples: Path) -> None:
    shop = open_shop("cdnow")
    enough = trust.history_is_enough(shop, shop.reduce("btyd_summary"))
    assert enough.passed
    early = open_shop("cdnow", as_of="1997-04-30")
    short = trust.history_is_enough(early, early.reduce("btyd_summary"))
    assert (short.passed, short.needed) == (False, False)
    assert "119 days of history" in short.sentence
    few = trust.history_is_enough(shop, shop.reduce("btyd_summary").head(499))
    assert not few.passed


def test_unpaid_repeats_are_counted_apart() -> None:
    scored = pd.DataFrame(
        {"frequency": [1] * 20 + [0], "repeat_amount_minor": [100] * 17 + [0, 0, -5, 0]}
    )
    check = trust.amounts_are_positive(scored)
    assert not check.passed
    assert check.sentence.startswith("2 repeat customers paid nothing for their repeats and 1 got")
    assert trust.amounts_are_positive(scored[:17]).passed


def test_amounts_without_a_mean_fall_back_on_that_of_all() -> None:
    """A few enormous orders: q <= 1, said in a sentence, and everybody is expected to pay alike."""
    rng = np.random.default_rng(1)
    cells = pd.DataFrame(
        {"frequency": 1, "repeat_amount_minor": np.exp(rng.normal(5, 6, 500)).astype(int) + 1,
         "customers": 1}
    )  # fmt: skip
    spend, problem = fit_amounts(cells)
    assert "look for a few enormous or mistyped orders" in problem
    mean = cells["repeat_amount_minor"].mean()
    amounts = expected_spend(spend, np.array([0, 1, 9]), np.array([0, 5, 10**6]))
    np.testing.assert_allclose(amounts, mean, rtol=1e-3)
    one_off = OneOff({}, spend, problem, pd.DataFrame(), pd.Series(dtype=str), {}, 365)
    check = trust.amounts_have_a_mean(one_off)
    assert (check.passed, check.needed) == (False, False)
    assert check.sentence.endswith("everybody is taken to pay the mean of all.")
    assert everybodys_mean(cells).customers == 500


def test_missed_subscription_orders_are_said() -> None:
    missed = ContractCheck(date(2025, 6, 30), 500, 1300.0, 1250.0, 1350.0, 1000, 0.3)
    check = trust.contracts_are_met(missed, max_error_share=0.2)
    assert not check.passed
    assert "from 30 June 2025, the orders of running subscriptions were +30.0% off" in (
        check.sentence
    )
    assert trust.contracts_are_met(missed, max_error_share=0.3).passed
