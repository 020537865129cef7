"""Contractual models: the papers' parameters, projections and residual lives, and their limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaln, hyp2f1
from scipy.stats import betabinom, chi2

from analysis.contractual import (
    RenewalModel,
    constant_chance,
    draw_hazards,
    fit_beta_discrete_weibull,
    fit_shifted_beta_geometric,
    hazard_at,
    likelihood_ratio,
    survival_at,
    survival_band,
)
from analysis.errors import DataError, ParameterError
from analysis.intervals import wilson
from analysis.residual_life import present_orders, terms_of

# Survivors of 1,000, Fader and Hardie (2007): year 0 to 12.
REGULAR = np.array([1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173])
HIGH_END = np.array([1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394])


def counts(survivors: np.ndarray, years: int = 7) -> tuple[np.ndarray, np.ndarray]:
    return survivors[:years], survivors[:years] - survivors[1 : years + 1]


def fit(survivors: np.ndarray) -> RenewalModel:
    return fit_shifted_beta_geometric(*counts(survivors))


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
    model = fit_shifted_beta_geometric(at_risk, lost)
    assert (round(model.alpha, 2), round(model.beta, 2)) == (3.80, 15.19)


def test_band_holds_the_curve_and_widens() -> None:
    model = fit(REGULAR)
    low, high = survival_band(model, 20)
    curve = survival_at(model, 20)
    assert ((low < curve) & (curve < high)).all()
    assert (high / low)[-1] > (high / low)[0]


def test_subscribers_who_do_not_differ_are_said_to() -> None:
    at_risk = np.array([10_000, 9_000, 8_100, 7_290])
    model = fit_shifted_beta_geometric(at_risk, at_risk / 10)
    assert model.is_constant
    np.testing.assert_allclose(hazard_at(model, np.arange(1, 9)), 0.1, atol=1e-3)
    low, high = survival_band(model, 12)
    assert 0.25 < low[-1] < 0.9**12 < high[-1] < 0.32


# Few leave: neither parameter is known, but that the likely leavers go first is.
FALLING = ([100, 95, 93], [5, 2, 0])
# Losses that do not fall, that hardly do, and that all come at once.
ALIKE, HARDLY = ([60, 55, 50], [5, 5, 5]), ([60, 55, 50], [5, 4, 4])
AT_ONCE = ([100, 50, 50, 50], [50, 0, 0, 0])


@pytest.mark.parametrize(
    "steps", [FALLING, ALIKE, HARDLY, AT_ONCE, ([60, 50, 45, 43], [10, 5, 2, 1])]
)
def test_bands_stand_around_their_own_curve(steps: tuple) -> None:
    at_risk, lost = map(np.array, steps)
    for model in (
        fit_shifted_beta_geometric(at_risk, lost), fit_beta_discrete_weibull(at_risk, lost)
    ):  # fmt: skip
        curve = survival_at(model, 9)
        low, high = survival_band(model, 9)
        assert ((low < curve) & (curve < high)).all()


def test_a_clear_fall_is_kept_where_the_parameters_are_unknown() -> None:
    for steps in (FALLING, AT_ONCE):
        model = fit_shifted_beta_geometric(*map(np.array, steps))
        assert np.sqrt(model.log_covariance.diagonal().max()) > 1
        assert not model.is_constant
        counted = np.cumprod(1 - np.divide(steps[1], steps[0]))
        np.testing.assert_allclose(survival_at(model, len(counted)), counted, atol=0.008)
        low, high = survival_band(model, 3)
        first = wilson(steps[0][0] - steps[1][0], steps[0][0])
        assert (low[0], high[0]) == pytest.approx(tuple(first), abs=0.01)


def test_who_cannot_be_told_apart_gets_the_pooled_chance() -> None:
    at_risk, lost = map(np.array, ALIKE)
    model = fit_shifted_beta_geometric(at_risk, lost)
    assert model.is_constant
    pooled = 15 / 165
    np.testing.assert_allclose(hazard_at(model, np.arange(1, 40)), pooled, rtol=1e-6)
    expected = wilson(15, 165)
    assert constant_chance(model) == pytest.approx((pooled, expected.low, expected.high))
    drawn = draw_hazards(model, 5, rng=np.random.default_rng(1), draws=4000)
    assert np.ptp(drawn, axis=1).max() == 0
    assert drawn.mean() == pytest.approx(pooled, rel=0.02)
    assert drawn.std() == pytest.approx(np.sqrt(pooled * (1 - pooled) / 165), rel=0.06)
    assert model.log_likelihood == pytest.approx(15 * np.log(pooled) + 150 * np.log1p(-pooled))
    assert model.akaike == pytest.approx(2 - 2 * model.log_likelihood)
    ratio = likelihood_ratio(model, fit_beta_discrete_weibull(at_risk, lost))
    assert ratio.p_value == pytest.approx(chi2.sf(ratio.statistic, 2))


def test_bands_of_few_subscriptions_hold_the_truth() -> None:
    """150 who differ, four orders counted: at the last of them and four beyond, 19 of 20 times."""
    truth = survival_at(RenewalModel(0.5, 5.0, 1.0, 0.0, np.eye(2), 1), 8)
    rng, inside = np.random.default_rng(1), np.zeros(2)
    for _time in range(50):
        left = [150]
        for chance in truth[:4] / np.append(1.0, truth[:3]):
            left.append(rng.binomial(left[-1], chance))
        model = fit_shifted_beta_geometric(*counts(np.array(left), years=4))
        low, high = survival_band(model, 8, draws=300)
        inside += ((low <= truth) & (truth <= high))[[3, 7]]
    assert (inside / 50 >= [0.86, 0.78]).all(), inside


@pytest.mark.parametrize(
    ("at_risk", "lost"), [([100], [10]), ([100, 90], [0, 0]), ([100, 100], [100, 100]), ([], [])]
)
def test_too_little_for_a_projection_is_refused(at_risk: list, lost: list) -> None:
    with pytest.raises(DataError, match="a projection needs at least two orders"):
        fit_shifted_beta_geometric(np.array(at_risk), np.array(lost))


def test_mean_chances_to_leave_are_published() -> None:
    assert round(fit(REGULAR).mean_chance, 2) == 0.37
    assert round(fit(HIGH_END).mean_chance, 2) == 0.15


def test_likelihood_of_equal_parameters_is_known() -> None:
    """The log-likelihood of High End at alpha = beta = 1, where everything is a product of odds."""
    at_risk, lost = counts(HIGH_END)
    order = np.arange(1, 8)
    hazard = hazard_at(RenewalModel(1.0, 1.0, 1.0, 0.0, np.eye(2), 1), order)
    value = lost @ np.log(hazard) + (at_risk - lost) @ np.log(1 - hazard)
    assert round(float(value), 3) == -2115.546


def test_beta_discrete_weibull_of_high_end_says_that_the_chance_to_leave_changes() -> None:
    model = fit_beta_discrete_weibull(*counts(HIGH_END))
    assert [round(value, 4) for value in model[:3]] == [0.2143, 1.4266, 1.7236]
    assert round(model.log_likelihood, 3) == -1605.314
    ratio = likelihood_ratio(fit(HIGH_END), model)
    assert (round(ratio.statistic, 1), ratio.p_value < 0.001, ratio.is_clear) == (11.7, True, True)
    assert survival_at(model, 12)[11] / (HIGH_END[12] / 1000) - 1 == pytest.approx(0.025, abs=5e-4)
    assert model.akaike < fit(HIGH_END).akaike


def test_beta_discrete_weibull_of_regular_is_no_clear_gain() -> None:
    model = fit_beta_discrete_weibull(*counts(REGULAR))
    assert [round(value, 4) for value in model[:3]] == [0.4556, 0.7793, 1.2835]
    assert round(model.log_likelihood, 3) == -1679.603
    assert not likelihood_ratio(fit(REGULAR), model).is_clear


def test_residual_lifetime_is_published() -> None:
    """High End, seven renewals behind, a tenth off a year: 7.530, and the paper's closed form."""
    model = fit(HIGH_END)._replace(alpha=0.668, beta=3.806)
    assert round(remaining_orders(model, 8, 0.1), 3) == 7.530


def remaining_orders(model: RenewalModel, order_no: int, discount_share: float) -> float:
    hazards = hazard_at(model, order_no + np.arange(terms_of(discount_share)))
    return present_orders(hazards, discount_share=discount_share)


@given(
    alpha=st.floats(0.1, 20), beta=st.floats(0.1, 20),
    order=st.integers(1, 30), discount=st.floats(0.005, 0.5),
)  # fmt: skip
def test_residual_lifetime_is_the_closed_form(
    alpha: float, beta: float, order: int, discount: float
) -> None:
    model = RenewalModel(alpha, beta, 1.0, 0.0, np.eye(2), 1)
    taken = beta + order - 1
    closed = taken / (alpha + taken) * hyp2f1(1, taken + 1, alpha + taken + 1, 1 / (1 + discount))
    found = remaining_orders(model, order, discount)
    assert found == pytest.approx(closed, rel=1e-8)


@given(alpha=st.floats(0.1, 20), beta=st.floats(0.1, 20), shape=st.floats(0.3, 3))
def test_survival_is_the_ratio_of_beta_functions(alpha: float, beta: float, shape: float) -> None:
    model = RenewalModel(alpha, beta, shape, 0.0, np.eye(3), 1)
    order = np.arange(1.0, 13)
    closed = np.exp(betaln(alpha, beta + order**shape) - betaln(alpha, beta))
    np.testing.assert_allclose(survival_at(model, 12), closed, rtol=1e-8)


def test_survival_of_constant_chances_is_that_of_a_beta_binomial() -> None:
    """Nobody of n trials: an independent library's formula."""
    model = RenewalModel(1.3, 5.1, 1.0, 0.0, np.eye(2), 1)
    expected = [betabinom(n, 1.3, 5.1).pmf(0) for n in range(1, 9)]
    np.testing.assert_allclose(survival_at(model, 8), expected, rtol=1e-10)


@pytest.mark.parametrize("shape", [0.6, 1.0, 1.6])
def test_planted_shape_is_found_within_three_standard_errors(shape: float) -> None:
    truth = RenewalModel(0.9, 3.5, shape, 0.0, np.eye(3), 1)
    survival = np.append(1.0, survival_at(truth, 10))
    for seed in range(4):
        rng = np.random.default_rng(seed)
        left = [8000]
        for chance in survival[1:] / survival[:-1]:
            left.append(rng.binomial(left[-1], chance))
        at_risk, lost = counts(np.array(left), years=10)
        found = fit_beta_discrete_weibull(at_risk, lost)
        error = np.sqrt(found.log_covariance.diagonal())
        planted = np.log([0.9, 3.5, shape])
        assert (np.abs(np.log(found[:3]) - planted) < 3 * error).all(), seed


def test_drawn_chances_are_around_the_estimate() -> None:
    for model in (fit(REGULAR), fit_beta_discrete_weibull(*counts(HIGH_END))):
        drawn = draw_hazards(model, 9, rng=np.random.default_rng(1), draws=500)
        assert drawn.shape == (500, 9)
        np.testing.assert_allclose(
            np.median(drawn, axis=0), hazard_at(model, np.arange(1, 10)), rtol=0.1
        )


def test_models_of_different_counts_are_not_compared() -> None:
    with pytest.raises(ParameterError, match="must be the same"):
        likelihood_ratio(fit(REGULAR), fit_beta_discrete_weibull(*counts(HIGH_END)))


def test_a_shape_needs_three_orders() -> None:
    with pytest.raises(DataError, match="a projection needs at least three orders"):
        fit_beta_discrete_weibull(np.array([100, 80]), np.array([20, 10]))
