"""Sample sizes to the digits of the literature, and against tea-tasting and simulation."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import tea_tasting as tt

from analysis.errors import ParameterError
from analysis.experiments import (
    customers_for_mean,
    customers_for_rate,
    days_needed,
    detectable_mean,
    detectable_rate,
    figures,
    rate_difference,
)
from analysis.experiments.baseline import Baseline
from analysis.experiments.words import write_difference


@pytest.mark.parametrize(
    ("baseline", "after", "per_arm"),
    [
        (0.10, 0.11, 14_751),
        (0.05, 0.06, 8_158),
        (0.02, 0.024, 21_108),
        (0.01, 0.012, 42_693),
        (0.20, 0.25, 1_094),  # Fleiss
        (0.74, 0.77, 3_226),
        (0.74, 0.79, 1_128),
        (0.80, 0.83, 2_629),
        (0.60, 0.65, 1_471),
        (0.03, 0.04, 5_301),
        (0.05, 0.07, 2_213),
    ],
)
def test_published_sizes_for_rates(baseline: float, after: float, per_arm: int) -> None:
    # Printed sizes are rounded, ours always up.
    assert customers_for_rate(baseline, after - baseline) / 2 - per_arm in (0, 1)


def test_published_sizes_for_means() -> None:
    # G*Power, variance 100, difference 0.3, power 85% (with the t distribution 39,906).
    assert customers_for_mean(10, 0.3, power=0.85) == 39_904
    # Kohavi's rule of thumb, 16 variances over the squared difference, is a little more.
    for variance, effect, rule in ((0.05 * 0.95, 0.0025, 121_600), (900, 0.1875, 409_600)):
        found = customers_for_mean(np.sqrt(variance), effect) / 2
        assert 16 * variance / effect**2 == pytest.approx(rule)
        assert found == pytest.approx(rule * 15.698 / 16, rel=1e-4)


def test_means_equal_tea_tasting() -> None:
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"amount": rng.gamma(2, 10, 5000)})
    for share in (0.5, 0.2):
        metric = tt.Mean("amount", effect_size=0.5, ratio=(1 - share) / share, use_t=False)
        theirs = metric.solve_power(data, "n_obs")[0].n_obs
        ours = customers_for_mean(data["amount"].std(), 0.5, holdout_share=share)
        assert ours == pytest.approx(theirs, rel=2e-4)


def test_small_holdouts_cost_customers() -> None:
    base = customers_for_mean(10, 0.1)
    factors = [
        customers_for_mean(10, 0.1, holdout_share=share) / base for share in (0.3, 0.2, 0.1, 0.05)
    ]
    assert factors == pytest.approx([1.19, 1.56, 2.78, 5.26], abs=0.006)


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_detectable_is_the_inverse_of_needed(share: float) -> None:
    effect = float(detectable_rate(0.2, 5000, holdout_share=share))
    assert customers_for_rate(0.2, effect, holdout_share=share) == pytest.approx(5000, abs=2)
    effect = float(detectable_mean(7, 5000, holdout_share=share))
    assert customers_for_mean(7, effect, holdout_share=share) == pytest.approx(5000, abs=2)


def test_a_list_too_short_for_any_rise_says_so() -> None:
    assert np.isnan(detectable_rate(0.9, 10))
    assert (np.diff(detectable_rate(0.1, [100, 1000, 10_000])) < 0).all()


def test_published_case_of_630_per_arm() -> None:
    """What 630 customers an arm can tell: 1% to 3.3%, 3% to 6.3%, 10% to 15.2%."""
    for baseline, after in ((0.01, 0.033), (0.03, 0.063), (0.10, 0.152)):
        assert baseline + detectable_rate(baseline, 1260) == pytest.approx(after, abs=6e-4)


def test_the_promised_power_is_there() -> None:
    rng = np.random.default_rng(5)
    n = customers_for_rate(0.3, 0.1) // 2
    told = 0
    for _run in range(600):
        found = rate_difference(rng.binomial(n, 0.3), n, rng.binomial(n, 0.4), n)
        told += found["low"] > 0
    assert 0.75 <= told / 600 <= 0.86


@pytest.mark.parametrize("customers", [100, 199, 5000])
def test_the_chart_says_what_the_customers_there_are_can_tell(customers: int) -> None:
    baseline = Baseline("bought", "share", 0.2, 0.4, customers, None, 60)
    chart = figures.power_chart(baseline, currency="JPY")
    half, least = (
        write_difference(float(detectable_rate(0.2, customers, holdout_share=share)), "share", "")
        for share in (0.5, 0.05)
    )
    assert f"a rise of {half} can be told; with 5% held out, {least}." in chart.alt
    (ax,) = chart.fig.axes
    assert ax.lines[0].get_xdata()[0] <= customers
    plt.close(chart.fig)


def test_days() -> None:
    assert days_needed(100, customers_per_day=100, window_days=60) == 60
    assert days_needed(101, customers_per_day=100, window_days=60) == 61
    with pytest.raises(ParameterError, match="customers_per_day == 0, must be > 0"):
        days_needed(100, customers_per_day=0, window_days=60)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: customers_for_rate(0.95, 0.1), "the rate must lie between 0 and 1"),
        (lambda: customers_for_rate(0.5, 0), "the effect must not be 0"),
        (lambda: customers_for_mean(0, 1), "the first must be > 0"),
        (lambda: customers_for_mean(1, 1, holdout_share=1), "holdout_share == 1, must lie between"),
        (lambda: detectable_rate(1.2, 100), "baseline == 1.2, must lie between 0 and 1"),
    ],
)
def test_impossible_plans_are_refused(call, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        call()
