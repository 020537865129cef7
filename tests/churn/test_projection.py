"""Orders still to come: counted where counts are, projected beyond, checked on later months."""

import numpy as np
import pandas as pd
import pytest

from analysis.churn.hazard import order_hazards
from analysis.churn.projection import (
    held_out_error,
    project,
    remaining_by_order,
    remaining_orders,
)
from analysis.churn.tables import model_table
from analysis.errors import ParameterError

from .counts import steps


def test_remaining_orders_count_the_next_one() -> None:
    assert remaining_orders(np.zeros(5), horizon_orders=3).tolist() == [3, 3, 3]
    assert remaining_orders(np.ones(5), horizon_orders=3).tolist() == [1, 1, 1]
    with pytest.raises(ParameterError, match="horizon_orders == 0, must be >= 1"):
        remaining_orders(np.zeros(5), horizon_orders=0)


def test_remaining_orders_use_counts_where_there_are_any() -> None:
    table = order_hazards(steps([200, 160, 320], [800, 640, 320]))
    expected = remaining_by_order(table, project(table), horizon_orders=2)
    assert expected.index.tolist() == [1, 2, 3]
    assert expected[1] == pytest.approx(1.8)
    assert expected[2] == pytest.approx(1.5)
    assert remaining_by_order(table, None, horizon_orders=2).empty
    nothing = order_hazards(steps([1], [2]))
    assert project(nothing) is None


def cohorts(hazards: dict[int, list[float]], *, size: int = 2000) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = []
    for month, chances in hazards.items():
        left = size
        for order, chance in enumerate(chances):
            lost = int(rng.binomial(left, chance))
            rows += [
                (month, order + 1, "cancelled", lost),
                (month, order + 1, "continued", left - lost),
            ]
            left -= lost
    frame = pd.DataFrame(rows, columns=["cohort_month_no", "order_no", "outcome", "subscriptions"])
    return frame.assign(cut="cohort", is_commitment_end=0)


def test_held_out_months_are_predicted_where_nothing_changes() -> None:
    falling = [0.3, 0.23, 0.19, 0.16]
    error = held_out_error(cohorts(dict.fromkeys(range(8), falling)))
    assert error is not None
    assert error.cohorts == 4
    assert error.low <= error.actual <= error.high
    assert abs(error.bias_share) < 0.03


def test_a_change_between_the_months_shows_as_error() -> None:
    before, after = [0.3, 0.23, 0.19, 0.16], [0.15, 0.12, 0.10, 0.08]
    changed = {month: before if month < 4 else after for month in range(8)}
    error = held_out_error(cohorts(changed))
    assert error is not None
    assert error.bias_share > 0.5
    assert error.actual < error.low


def test_one_cohort_cannot_be_held_out() -> None:
    assert held_out_error(cohorts({1: [0.2, 0.2]})) is None


def test_a_projection_of_subscribers_who_are_not_told_apart_says_so() -> None:
    table = order_hazards(steps([5, 5, 5], [55, 50, 45]))
    frame = model_table(project(table), None).frame
    assert "subscribers cannot be told apart" in frame.iloc[0, 0]
    assert frame.iloc[0, 1] == "9.1%", "15 of 165"
