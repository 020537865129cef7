"""Looks before the readout: published intervals, and what they are for."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from analysis.errors import ParameterError
from analysis.experiments import rate_difference
from analysis.experiments.effects import Effect
from analysis.experiments.sequential import OBRIEN_FLEMING_Z, sequential_half_width, widened


def sums(n: int, total: float, squares: float) -> tuple[float, float]:
    mean = total / n
    return mean, (squares - n * mean**2) / (n - 1) / n


def test_published_always_valid_interval_of_a_lift() -> None:
    """GrowthBook's vector: 3,000 and 3,461 customers, tuned to 1,000, plain-delta lift."""
    (m0, v0), (m1, v1) = sums(3000, 1396.87, 52377.9767), sums(3461, 2422.7, 134698.29)
    lift = m1 / m0 - 1
    error = np.sqrt(v1 / m0**2 + v0 * m1**2 / m0**4)
    half = sequential_half_width(error, 6461, tuning_customers=1000)
    assert (lift - half, lift + half) == pytest.approx((-0.55844, 1.56516), abs=5e-6)


def test_published_always_valid_interval_of_rates() -> None:
    n0, n1, e0, e1 = 3000, 3461, 1396, 2422
    p0, p1 = e0 / n0, e1 / n1
    lift = p1 / p0 - 1
    error = np.sqrt(p1 * (1 - p1) / n1 / p0**2 + p0 * (1 - p0) / n0 * p1**2 / p0**4)
    half = sequential_half_width(error, n0 + n1, tuning_customers=5000)
    assert (lift - half, lift + half) == pytest.approx((0.40098, 0.60675), abs=5e-6)


def effect(events0: int, events1: int, n: int) -> Effect:
    return Effect(
        name="b", label="bought", kind="rate", unit="share", arm="mail",
        control_customers=n, treated_customers=n, control_sum=events0, treated_sum=events1,
        confidence=0.95, sign=1, **rate_difference(events0, n, events1, n),
    )  # fmt: skip


def test_looking_again_and_again_finds_what_is_not_there() -> None:
    """Ten looks at nothing: single intervals cry wolf about one time in five, these do not."""
    rng = np.random.default_rng(6)
    looks = np.arange(200, 2001, 200)
    alarms = {"none": 0, "always_valid": 0}
    for _run in range(300):
        events = np.cumsum(rng.random((2, 2000)) < 0.3, axis=1)
        for look in alarms:
            alarms[look] += any(
                not (found := widened(effect(*events[:, n - 1], n), look=look, is_last=False)).low
                <= 0
                <= found.high
                for n in looks
            )
    assert alarms["none"] > 0.12 * 300
    assert alarms["always_valid"] <= 0.03 * 300


def test_two_planned_looks_keep_the_false_alarms() -> None:
    rng = np.random.default_rng(7)
    alarms = 0
    for _run in range(2000):
        first, second = rng.normal(size=2)
        alarms += abs(first) > 2.797 or abs((first + second) / np.sqrt(2)) > 1.977
    assert 0.035 <= alarms / 2000 <= 0.065
    found = effect(300, 340, 1000)
    early = widened(found, look="group_sequential", is_last=False)
    late = widened(found, look="group_sequential", is_last=True)
    assert (early.high - early.difference) / found.standard_error == pytest.approx(2.797)
    assert (late.high - late.difference) / found.standard_error == pytest.approx(1.977)
    assert widened(found, look="none", is_last=False) == found


@pytest.mark.parametrize("information", [0.02, 0.2, 0.5, 0.8, 0.98])
def test_two_looks_keep_the_false_alarms_wherever_the_first_lies(information: float) -> None:
    """By the bivariate normal of both looks' statistics, whose correlation is sqrt(t)."""
    first, last = OBRIEN_FLEMING_Z
    held = multivariate_normal.cdf(
        [first, last],
        cov=[[1, information**0.5], [information**0.5, 1]],
        lower_limit=[-first, -last],
        abseps=1e-7,
    )
    assert 1 - held < 0.053
    if information == 0.5:
        assert 1 - held == pytest.approx(0.05, abs=2e-4)


def test_unknown_looks_are_refused() -> None:
    with pytest.raises(ParameterError, match="interim == 'daily', must be none"):
        widened(effect(1, 2, 10), look="daily", is_last=True)
    with pytest.raises(ParameterError, match="both must be >= 1"):
        sequential_half_width(1, 0)
