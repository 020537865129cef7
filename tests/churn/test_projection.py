"""The shifted-beta-geometric model: the paper's parameters and projection, and its limits."""

import numpy as np
import pandas as pd
import pytest

from analysis.churn.hazard import order_hazards
from analysis.churn.projection import (
    fit_survival,
    hazard_at,
    held_out_error,
    project,
    remaining_by_order,
    remaining_orders,
    survival_at,
    survival_band,
)
from analysis.errors import DataError, ParameterError

from .counts import HIGH_END, REGULAR, steps


def fit(survivors: np.ndarray, years: int = 7):
    return fit_survival(survivors[:years], survivors[:years] - survivors[1 : years + 1])


def test_published_parameters_and_projection_of_regular() -> None:
    model = fit(REGULAR)
    assert (round(model.alpha, 4), round(model.beta, 4)) == (0.7041, 1.1820)
    assert round(model.log_likelihood, 3) == -1680.265
    assert survival_at(model, 12)[7:].round(4).tolist() == [0.2201, 0.2044, 0.1912, 0.1799, 0.1700]
    errors = np.array([model.alpha, model.beta]) * np.sqrt(model.log_covariance.diagonal())
    np.testing.assert_allclose(errors, [0.066, 0.152], atol=6e-4)
    assert round(model.alpha / (model.alpha + model.beta), 2) == 0.37
    assert not model.is_constant


def test_published_parameters_and_projection_of_high_end() -> None:
    model = fit(HIGH_END)
    assert (round(model.alpha, 4), round(model.beta, 4)) == (0.6681, 3.8061)
    assert round(model.log_likelihood, 3) == -1611.158
    assert survival_at(model, 12)[7:].round(4).tolist() == [0.4604, 0.4358, 0.4142, 0.3951, 0.3780]
    assert survival_at(model, 12)[11] / (HIGH_END[12] / 1000) - 1 == pytest.approx(-0.041, abs=5e-4)


def test_published_parameters_of_several_cohorts_together() -> None:
    """Five cohorts of 10,000 that began one year after the other."""
    left = np.array([10000, 8000, 6480, 5307, 4391])
    lost, at_risk = np.zeros(4), np.zeros(4)
    for years in range(1, 5):
        at_risk[:years] += left[:years]
        lost[:years] += left[:years] - left[1 : years + 1]
    model = fit_survival(at_risk, lost)
    assert (round(model.alpha, 2), round(model.beta, 2)) == (3.80, 15.19)


def test_band_holds_the_curve_and_widens() -> None:
    model = fit(REGULAR)
    low, high = survival_band(model, 20)
    curve = survival_at(model, 20)
    assert ((low < curve) & (curve < high)).all()
    assert (high / low)[-1] > (high / low)[0]


def test_subscribers_who_do_not_differ_are_said_to() -> None:
    at_risk = np.array([10_000, 9_000, 8_100, 7_290])
    model = fit_survival(at_risk, at_risk / 10)
    assert model.is_constant
    np.testing.assert_allclose(hazard_at(model, np.arange(1, 9)), 0.1, atol=1e-3)
    low, high = survival_band(model, 12)
    assert 0.25 < low[-1] < 0.9**12 < high[-1] < 0.32


@pytest.mark.parametrize(
    ("at_risk", "lost"), [([100], [10]), ([100, 90], [0, 0]), ([100, 100], [100, 100]), ([], [])]
)
def test_too_little_for_a_projection_is_refused(at_risk: list, lost: list) -> None:
    with pytest.raises(DataError, match="a projection needs at least two orders"):
        fit_survival(np.array(at_risk), np.array(lost))


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
