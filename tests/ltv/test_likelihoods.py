"""The likelihoods against lifetimes' own, their slopes against differences, and counting."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ltv import purchase_likelihood, spend_likelihood
from analysis.ltv.fitters import lifetimes

PARAMETERS = st.tuples(*[st.floats(-4, 4)] * 4)
CLASSES = {0: lifetimes.BetaGeoFitter, 1: lifetimes.ModifiedBetaGeoFitter}
STEP = 1e-5


@pytest.fixture
def histories(simulate_histories: Callable) -> pd.DataFrame:
    return simulate_histories(customers=400, days=300, seed=7, r=0.6)


def columns(histories: pd.DataFrame) -> list[np.ndarray]:
    names = ("frequency", "recency_days", "age_days", "customers")
    return [histories[name].to_numpy(float) for name in names]


def differences(function: Callable, point: np.ndarray) -> np.ndarray:
    """Return central differences of a function along each coordinate."""
    rows = []
    for axis in np.eye(len(point)) * STEP:
        rows.append((function(point + axis) - function(point - axis)) / (2 * STEP))
    return np.array(rows)


def assert_slopes(function: Callable, point: np.ndarray) -> None:
    _, gradient, hessian = function(point)
    scale = 1 + np.abs(hessian).max()
    by_value = differences(lambda at: function(at)[0], point)
    by_gradient = differences(lambda at: function(at)[1], point)
    assert np.abs(gradient - by_value).max() < 1e-6 * scale
    assert np.abs(hessian - by_gradient).max() < 1e-7 * scale
    assert np.allclose(hessian, hessian.T, rtol=1e-12)


@pytest.mark.parametrize("first_chances", [0, 1])
def test_purchase_likelihood_is_that_of_lifetimes(
    histories: pd.DataFrame, first_chances: int
) -> None:
    rng = np.random.default_rng(1)
    frequency, recency, age, customers = columns(histories)
    gathered = purchase_likelihood.gather(
        frequency, recency, age, customers, first_chances=first_chances, unit=30.0
    )
    theirs = CLASSES[first_chances]._negative_log_likelihood
    for _ in range(20):
        point = rng.uniform(-3, 3, 4)
        reference = theirs(point, frequency, recency / 30, age / 30, customers, 0) * len(histories)
        ours = purchase_likelihood.log_likelihood(point, gathered)[0]
        assert ours == pytest.approx(-reference, rel=1e-12)


@pytest.mark.parametrize("first_chances", [0, 1])
def test_purchase_slopes_are_exact(histories: pd.DataFrame, first_chances: int) -> None:
    gathered = purchase_likelihood.gather(
        *columns(histories), first_chances=first_chances, unit=300.0
    )

    @settings(max_examples=40, deadline=None)
    @given(PARAMETERS)
    def check(point: tuple[float, ...]) -> None:
        assert_slopes(lambda at: purchase_likelihood.log_likelihood(at, gathered), np.array(point))

    check()


@pytest.mark.parametrize("first_chances", [0, 1])
def test_counted_fractional_and_raw_rows_agree(histories: pd.DataFrame, first_chances: int) -> None:
    keys = ["frequency", "recency_days", "age_days"]
    counted = histories.groupby(keys)["customers"].sum().reset_index()
    assert len(counted) < len(histories)
    point = np.array([-0.5, 0.3, -0.2, 0.9])
    raw_rows = columns(histories)
    weeks = [raw_rows[0], raw_rows[1] / 7, raw_rows[2] / 7, raw_rows[3]]
    results = [
        purchase_likelihood.log_likelihood(
            point, purchase_likelihood.gather(*rows, first_chances=first_chances, unit=unit)
        )
        for rows, unit in ((raw_rows, 7.0), (columns(counted), 7.0), (weeks, 1.0))
    ]
    for other in results[1:]:
        for part, same in zip(other, results[0], strict=True):
            assert np.allclose(part, same, rtol=1e-11)


def test_thinned_histories_keep_their_shares(simulate_histories: Callable) -> None:
    gathered = purchase_likelihood.gather(
        *columns(simulate_histories(customers=5000, days=300, seed=3))
    )
    thin = purchase_likelihood.thinned(gathered, rows=500)
    assert 500 <= len(thin.frequency) < 1000
    assert thin.total / gathered.total == pytest.approx(
        len(thin.frequency) / len(gathered.frequency)
    )
    assert thin.above[0] == len(thin.frequency)


def amounts(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    frequency = rng.integers(1, 9, 300)
    return frequency, rng.gamma(3.0 * frequency) / rng.gamma(4.0, 0.3, 300), np.ones(300)


def test_spend_likelihood_is_that_of_lifetimes() -> None:
    rng = np.random.default_rng(2)
    frequency, amount, customers = amounts()
    gathered = spend_likelihood.gather_amounts(frequency, amount, customers)
    for _ in range(20):
        point = rng.uniform(-2, 3, 3)
        reference = lifetimes.GammaGammaFitter._negative_log_likelihood(
            point, frequency, amount / frequency, customers, 0
        )
        ours = spend_likelihood.log_likelihood(point, gathered)[0]
        assert ours == pytest.approx(-300 * reference, rel=1e-11)


@settings(max_examples=40, deadline=None)
@given(st.tuples(*[st.floats(-3, 4)] * 3))
def test_spend_slopes_are_exact(point: tuple[float, float, float]) -> None:
    gathered = spend_likelihood.gather_amounts(*amounts())
    assert_slopes(lambda at: spend_likelihood.log_likelihood(at, gathered), np.array(point))
