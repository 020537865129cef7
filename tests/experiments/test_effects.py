"""Effects against published numbers, other libraries, and the popular ways to get them wrong."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import tea_tasting as tt
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from analysis.errors import DataError, ParameterError
from analysis.experiments import Measure, Sample, effect_of, holm, rate_difference, winsorize
from analysis.experiments.segments import splits


def sample_of(arm: np.ndarray) -> Sample:
    return Sample(("control", "treatment"), arm, before={}, groups={})


def moments(n: int, total: float, squares: float) -> np.ndarray:
    """Return values with that count, sum and sum of squares: all that a mean's test looks at."""
    mean = total / n
    spread = np.sqrt((squares - n * mean**2) / (n - 1) * (n - 1) / n)
    pattern = np.resize([1.0, -1.0], n) if n % 2 == 0 else np.r_[np.resize([1.0, -1.0], n - 1), 0]
    return mean + pattern * spread * np.sqrt(n / (pattern**2).sum())


def test_published_difference_of_means() -> None:
    """GrowthBook's test vector of a revenue metric."""
    values = [moments(3407, 1396.87, 52377.9767), moments(3461, 2422.7, 134698.29)]
    arm = np.repeat([0, 1], [3407, 3461])
    found = effect_of(
        Measure("revenue", "revenue", "mean", "count", np.concatenate(values)),
        sample_of(arm),
        "treatment",
    )
    assert (found.low, found.high) == pytest.approx((0.04538, 0.53462), abs=5e-6)
    assert found.p_value == pytest.approx(0.02016, abs=5e-6)
    assert found.lift == pytest.approx(0.70732, abs=5e-6)
    # Their plain-delta interval of the lift, 0.70732 +- 1.96 * 0.37879, reaches below no effect;
    # on the log scale it does not, as the difference itself does not.
    assert 0 < found.lift_low < found.lift < 0.70732 + 1.96 * 0.37879 < found.lift_high


def test_published_newcombe_interval() -> None:
    """Newcombe (1998), table II: 56/70 against 48/80 and 9/10 against 3/10, method 10."""
    found = rate_difference(48, 80, 56, 70)
    assert (found["low"], found["high"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    found = rate_difference(3, 10, 9, 10)
    assert (found["low"], found["high"]) == pytest.approx((0.1705, 0.8090), abs=5e-5)
    found = rate_difference(0, 10, 10, 10)
    assert (found["low"], found["high"]) == pytest.approx((0.6075, 1.0), abs=5e-5)


@given(st.integers(1, 400), st.integers(1, 400), st.floats(0, 1), st.floats(0, 1), st.booleans())
@settings(max_examples=60, deadline=None)
def test_rates_hold_together(n0: int, n1: int, s0: float, s1: float, swap: bool) -> None:
    """Whatever the counts: the interval holds the difference, and swapping arms swaps its ends."""
    e0, e1 = round(s0 * n0), round(s1 * n1)
    found, turned = rate_difference(e0, n0, e1, n1), rate_difference(e1, n1, e0, n0)
    assert -1 <= found["low"] <= found["difference"] + 1e-12
    assert found["difference"] - 1e-12 <= found["high"] <= 1
    assert found["low"] == pytest.approx(-turned["high"], abs=1e-9)
    assert found["p_value"] == pytest.approx(turned["p_value"])


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = 6000
    arm = rng.integers(0, 2, n)
    rate = rng.gamma(0.8, 1, n)
    before, orders = rng.poisson(2 * rate), rng.poisson(rate * (1 + 0.2 * arm))
    return pd.DataFrame(
        {
            "arm": arm,
            "orders": orders,
            "orders_before": before,
            "amount": orders * 3000 + rng.poisson(900, n) * (orders > 0),
            "amount_before": before * 3000,
        }
    ).astype(float)


def test_means_equal_tea_tasting_and_scipy(shop: pd.DataFrame) -> None:
    sample = sample_of(shop["arm"].to_numpy(dtype=int))
    plain = effect_of(
        Measure("a", "a", "mean", "minor", shop["amount"].to_numpy()), sample, "treatment"
    )
    sides = [shop.loc[shop["arm"] == arm, "amount"] for arm in (1, 0)]
    assert plain.p_value == pytest.approx(ttest_ind(*sides, equal_var=False).pvalue, rel=1e-9)
    interval = ttest_ind(*sides, equal_var=False).confidence_interval()
    assert (plain.low, plain.high) == pytest.approx((interval.low, interval.high))
    experiment = tt.Experiment(
        {
            "cuped": tt.Mean("amount", "amount_before"),
            "ratio": tt.RatioOfMeans("amount", "orders", "amount_before", "orders_before"),
        },
        variant="arm",
    )
    theirs = experiment.analyze(shop.astype({"arm": int}))
    columns = [shop[name].to_numpy() for name in ("amount", "orders")]
    before = [shop[name].to_numpy() for name in ("amount_before", "orders_before")]
    cuped = effect_of(
        Measure("a", "a", "mean", "minor", columns[0], covariate=before[0]), sample, "treatment"
    )
    ratio = effect_of(Measure("r", "r", "ratio", "minor", *columns, *before), sample, "treatment")
    for ours, other in ((cuped, theirs["cuped"]), (ratio, theirs["ratio"])):
        assert ours.difference == pytest.approx(other.effect_size)
        assert (ours.low, ours.high) == pytest.approx(
            (other.effect_size_ci_lower, other.effect_size_ci_upper)
        )
        assert ours.lift_low == pytest.approx(other.rel_effect_size_ci_lower)


def test_the_time_before_makes_an_effect_sharper(shop: pd.DataFrame) -> None:
    """CUPED is a regression on the time before: as statsmodels' OLS, to a thousandth."""
    arm = shop["arm"].to_numpy(dtype=int)
    measure = Measure(
        "o", "o", "mean", "count", shop["orders"].to_numpy(),
        covariate=shop["orders_before"].to_numpy(),
    )  # fmt: skip
    found = effect_of(measure, sample_of(arm), "treatment")
    plain = effect_of(measure, sample_of(arm), "treatment", adjusted=False)
    regression = sm.OLS(shop["orders"], sm.add_constant(shop[["arm", "orders_before"]])).fit(
        cov_type="HC1"
    )
    assert found.difference == pytest.approx(regression.params["arm"], rel=0.02)
    assert found.standard_error == pytest.approx(regression.bse["arm"], rel=0.02)
    assert found.variance_reduction == pytest.approx(
        1 - (found.standard_error / plain.standard_error) ** 2
    )
    assert 0.2 < found.variance_reduction < 0.6
    # What is reported of each arm stays what was observed.
    assert (found.control, found.treated) == (plain.control, plain.treated)


def test_missing_values_are_refused_before_they_give_a_wrong_number() -> None:
    """A mean over those who bought, with the count of all, makes intervals far too narrow."""
    rng = np.random.default_rng(1)
    arm = rng.integers(0, 2, 4000)
    bought = rng.random(4000) < 0.05
    amount = np.where(bought, rng.gamma(2, 3000, 4000), np.nan)
    sample = sample_of(arm)
    measure = Measure("amount", "order value", "mean", "minor", amount)
    with pytest.raises(DataError, match=r"'order value' is missing for 3,\d+ of 4,000 customers"):
        effect_of(measure, sample, "treatment")
    careless = tt.Experiment(aov=tt.Mean("amount"), variant="arm").analyze(
        pd.DataFrame({"arm": arm, "amount": amount})
    )["aov"]
    ratio = effect_of(
        Measure("aov", "aov", "ratio", "minor", np.nan_to_num(amount), bought.astype(float)),
        sample,
        "treatment",
    )
    careless_width = careless.effect_size_ci_upper - careless.effect_size_ci_lower
    assert ratio.high - ratio.low > 3 * careless_width


def test_impossible_measures_are_refused() -> None:
    sample = sample_of(np.array([0, 1] * 10))
    with pytest.raises(DataError, match="each value must be 0 or 1"):
        effect_of(Measure("r", "r", "rate", "share", np.arange(20.0)), sample, "treatment")
    with pytest.raises(ParameterError, match="has 3 values for 20 customers"):
        effect_of(Measure("r", "r", "mean", "count", np.zeros(3)), sample, "treatment")
    with pytest.raises(ParameterError, match="arm == 'control', must be one of treatment"):
        effect_of(Measure("r", "r", "mean", "count", np.zeros(20)), sample, "control")


def test_what_can_be_asked_of_nobody_has_no_estimate() -> None:
    arm = np.arange(400) % 2
    value = (np.arange(400) % 5 == 0).astype(float)
    rate = Measure("c", "continued", "rate", "share", value, asked=arm == 0)
    for measure in (rate, rate._replace(asked=arm > 1), rate._replace(kind="mean")):
        found = effect_of(measure, sample_of(arm), "treatment")
        assert np.isnan([found.difference, found.low, found.high, found.lift]).all()
        assert (found.treated_customers, found.p_value) == (0, 1.0)
    with pytest.raises(ParameterError, match="treated_customers == 0: both must be >= 1"):
        rate_difference(3, 10, 0, 0)


def test_groups_are_as_large_as_the_customers_who_could_be_asked() -> None:
    """Of the customers of the west 30 in each arm are subscribers; of those of the east nobody."""
    arm, west = np.arange(400) % 2, np.arange(400) < 200
    asked = west & (np.arange(400) < 60)
    sample = sample_of(arm)._replace(groups={"region": np.where(west, "west", "east")})
    measure = Measure("c", "c", "rate", "share", asked * (arm == 0) * 1.0, asked=asked)
    (split,) = splits(measure, sample, "treatment")
    assert (list(split.effects), split.hidden) == (["west"], 1)
    assert split.effects["west"].control_customers == 30
    (split,) = splits(measure._replace(asked=asked & (np.arange(400) < 58)), sample, "treatment")
    assert (split.effects, split.hidden) == ({}, 2)


def test_comparing_openers_finds_an_effect_where_there_is_none() -> None:
    """Those who open would have bought anyway; as assigned, nothing has happened."""
    rng = np.random.default_rng(8)
    n = 20_000
    arm, eager = rng.integers(0, 2, n), rng.random(n) < 0.3
    bought = (rng.random(n) < np.where(eager, 0.2, 0.02)).astype(float)
    measure = Measure("b", "b", "rate", "share", bought)
    honest = effect_of(measure, sample_of(arm), "treatment")
    assert honest.low < 0 < honest.high
    opened = (arm == 1) & eager
    chosen = opened | (arm == 0)
    naive = effect_of(measure.only(chosen), sample_of(opened[chosen].astype(int)), "treatment")
    assert naive.low > 0.1
    assert naive.lift > 1


def test_totals_over_unequal_arms_favor_the_larger_one() -> None:
    rng = np.random.default_rng(9)
    arm = (rng.random(10_000) < 0.8).astype(int)
    amount = rng.gamma(0.2, 5000, 10_000)
    found = effect_of(Measure("a", "a", "mean", "minor", amount), sample_of(arm), "treatment")
    assert found.treated_sum > 3 * found.control_sum
    assert found.low < 0 < found.high


def test_winsorizing_looks_at_customers_who_bought() -> None:
    """With 99% zeros a quantile of everybody would cut away half of an effect."""
    rng = np.random.default_rng(2)
    arm = np.repeat([0, 1], 20_000)
    amount = np.where(rng.random(40_000) < 0.01, rng.gamma(2, 3000, 40_000), 0) * (1 + 0.5 * arm)
    cut, limit = winsorize(amount, share=0.99)
    assert limit == np.quantile(amount[amount > 0], 0.99)
    sides = [cut[arm == 1].mean() - cut[arm == 0].mean(), amount[arm == 1].mean()]
    assert sides[0] == pytest.approx(sides[1] - amount[arm == 0].mean(), rel=0.2)
    everybody = np.minimum(amount, np.quantile(amount, 0.995))
    lost = everybody[arm == 1].mean() - everybody[arm == 0].mean()
    assert lost < 0.6 * (amount[arm == 1].mean() - amount[arm == 0].mean())
    assert winsorize(amount, share=0)[0] is amount


def test_holm_by_hand_and_without_underflow() -> None:
    base = effect_of(
        Measure("b", "b", "rate", "share", np.array([0.0, 1.0] * 50)),
        sample_of(np.repeat([0, 1], 50)),
        "treatment",
    )
    ps = [0.01, 0.04, 0.03]
    corrected = holm([base._replace(p_value=p) for p in ps])
    assert [each.p_adjusted for each in corrected] == pytest.approx([0.03, 0.06, 0.06])
    tiny = holm([base._replace(p_value=p) for p in (1e-30, 0.5)])[0]
    assert tiny.p_adjusted == pytest.approx(2e-30)
    assert holm([]) == []


def test_no_effect_is_rarely_called_one() -> None:
    """500 tests without an effect: about 5% of the intervals leave out zero."""
    rng = np.random.default_rng(11)
    wrong = {"rate": 0, "mean": 0}
    for _run in range(500):
        arm = rng.integers(0, 2, 600)
        amount = np.where(rng.random(600) < 0.3, rng.gamma(2, 10, 600), 0)
        for kind, value in (("rate", (amount > 0).astype(float)), ("mean", amount)):
            found = effect_of(Measure("x", "x", kind, "count", value), sample_of(arm), "treatment")
            wrong[kind] += not found.low <= 0 <= found.high
    assert all(10 <= count <= 42 for count in wrong.values()), wrong
