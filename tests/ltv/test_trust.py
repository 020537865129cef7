"""Every condition of trust can fail, and says what it compared."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import CheckError, ParameterError
from analysis.findings import require
from analysis.ltv import trust
from analysis.ltv.holdout import PredictionError
from analysis.ltv.spend import SpendModel
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
