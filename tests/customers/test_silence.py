"""Chances after a silence against lifelines and a known truth; thresholds and their guards."""

import warnings

import numpy as np
import pandas as pd
import pytest

from analysis import customers
from analysis.customers import sentences
from analysis.customers.silence import FIXED_DORMANCY_DAYS
from analysis.errors import ParameterError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifelines import KaplanMeierFitter


def waits(days: np.ndarray, followed: np.ndarray) -> pd.DataFrame:
    """Count waits as the reduction does: whole days, cut where the follow-up ends."""
    frame = pd.DataFrame(
        {
            "order_no": 1,
            "gap_days": np.minimum(days, followed).astype(int),
            "has_next": days <= followed,
        }
    )
    return frame.groupby(list(frame)).size().rename("customers").reset_index()


@pytest.fixture
def gaps() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    scale = rng.choice([20, 400], 4000)
    return waits(np.ceil(rng.exponential(scale)), rng.integers(1, 500, 4000))


def lifelines_of(gaps: pd.DataFrame) -> KaplanMeierFitter:
    return KaplanMeierFitter().fit(gaps["gap_days"], gaps["has_next"], weights=gaps["customers"])


def test_gap_curve_equals_lifelines(gaps: pd.DataFrame) -> None:
    ours = customers.gap_curve(gaps, 1)
    theirs = lifelines_of(gaps)
    survival = theirs.survival_function_at_times(ours["day"]).to_numpy()
    assert np.allclose(1 - ours["share"], survival, atol=1e-12)
    band = theirs.confidence_interval_.loc[ours["day"]].to_numpy()
    assert np.allclose(1 - ours[["high", "low"]].to_numpy(), band, atol=1e-9)


def test_chance_equals_lifelines_started_anew(gaps: pd.DataFrame) -> None:
    """The chance after t days is one minus the curve of those who still waited, from t on."""
    ours = customers.chance_after_silence(gaps).set_index("silent_days")
    for silent in (0, 15, 60, 200):
        later = gaps[gaps["gap_days"] > silent].assign(gap_days=lambda f, s=silent: f.gap_days - s)
        theirs = lifelines_of(later)
        assert ours.loc[silent, "at_risk"] == later["customers"].sum()
        assert ours.loc[silent, "chance"] == pytest.approx(
            1 - float(theirs.survival_function_at_times(60).iloc[0])
        )
        low, high = 1 - theirs.confidence_interval_.loc[:60].iloc[-1].to_numpy()[::-1]
        assert ours.loc[silent, ["low", "high"]].tolist() == pytest.approx([low, high])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_waits_without_memory_have_one_chance_at_any_silence(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gaps = waits(rng.geometric(0.01, 20_000), rng.integers(1, 700, 20_000))
    found = customers.chance_after_silence(gaps).set_index("silent_days")
    for silent in (0, 30, 90, 150):
        row = found.loc[silent]
        error = (row["high"] - row["low"]) / (2 * 1.96)
        assert abs(row["chance"] - (1 - 0.99**60)) < 3 * error
    # Whoever never tires never goes quiet: the fixed days stand in.
    assert customers.dormancy(customers.chance_after_silence(gaps)).source == "fixed"


def test_threshold_is_where_the_chance_has_halved(gaps: pd.DataFrame) -> None:
    chances = customers.chance_after_silence(gaps)
    found = customers.dormancy(chances)
    curve = chances.set_index("silent_days")["chance"]
    assert found.source == "curve"
    assert curve[found.days] <= 0.5 * curve.max() < curve[found.days - 1]
    earlier = customers.dormancy(chances, quiet_share=0.8)
    assert earlier.days < found.days
    assert (found.chance, found.best_chance) == (curve[found.days], curve.max())


def test_observed_waits_alone_make_the_threshold_too_short(gaps: pd.DataFrame) -> None:
    chosen = customers.dormancy(customers.chance_after_silence(gaps))
    compared = customers.thresholds(gaps, chosen).set_index("name")
    assert compared.loc["observed", "days"] < compared["days"].max() or np.isnan(
        compared.loc["curve_90", "days"]
    )
    silent = gaps[~gaps["has_next"]]
    assert compared.loc["fixed", "quiet_customers"] == (
        silent.loc[silent["gap_days"] >= FIXED_DORMANCY_DAYS, "customers"].sum()
    )


def test_a_person_may_set_the_threshold(gaps: pd.DataFrame) -> None:
    chances = customers.chance_after_silence(gaps)
    found = customers.dormancy(chances, given_days=90)
    assert (found.days, found.source) == (90, "given")
    assert customers.dormancy(chances, given_days=5000).chance is None
    with pytest.raises(ParameterError, match="dormancy_days == -1"):
        customers.dormancy(chances, given_days=-1)
    with pytest.raises(ParameterError, match="quiet_share == 1"):
        customers.dormancy(chances, quiet_share=1)
    with pytest.raises(ParameterError, match="next_days == 0"):
        customers.chance_after_silence(gaps, next_days=0)


def test_silences_count_everybody_who_waits_once(gaps: pd.DataFrame) -> None:
    table = customers.silence_table(gaps, customers.chance_after_silence(gaps))
    assert table["customers"].sum() == gaps.loc[~gaps["has_next"], "customers"].sum()
    known = table.iloc[:-1]
    assert (known["chance"].dropna().diff().dropna() <= 0.02).all()
    assert np.isnan(table["expected"].iloc[-1])
    assert np.allclose(
        known["expected"].fillna(0), (known["chance"] * known["customers"]).fillna(0)
    )


def test_too_few_waits_say_nothing() -> None:
    few = waits(np.arange(1, 20), np.full(19, 30))
    chances = customers.chance_after_silence(few)
    assert chances.empty
    assert customers.dormancy(chances).source == "fixed"
    none = few.iloc[:0]
    assert customers.chance_after_silence(none).empty
    assert customers.silence_table(none, chances)["customers"].sum() == 0
    assert customers.best_day_to_write(few) is None


def test_a_peak_is_called_and_a_falling_rate_is_not() -> None:
    rng = np.random.default_rng(9)
    followed = np.full(6000, 400)
    falling = waits(np.ceil(rng.exponential(rng.choice([10, 300], 6000))), followed)
    best = customers.best_day_to_write(falling)
    assert best is not None
    assert not best.is_peak
    # Those who use the product up come back around day 45.
    again = np.where(rng.random(6000) < 0.3, rng.normal(45.5, 2, 6000), rng.exponential(400, 6000))
    peaked = customers.best_day_to_write(waits(np.ceil(np.clip(again, 1, None)), followed))
    assert peaked is not None
    assert peaked.is_peak
    assert peaked.first_day <= 45 <= peaked.last_day
    assert peaked.low < peaked.rate < peaked.high


def test_without_a_peak_the_first_week_is_told() -> None:
    """Nothing but chance makes the third week better; what is said of the first is its own."""
    bought = {4: 4, 11: 4, 18: 7}
    gaps = pd.DataFrame(
        {
            "order_no": 1,
            "gap_days": [*bought, 60],
            "has_next": [True] * 3 + [False],
            "customers": [*bought.values(), 985],
        }
    )
    best = customers.best_day_to_write(gaps, horizon_days=28)
    assert best is not None
    assert not best.is_peak
    assert (best.first_day, best.last_day) == (1, 7)
    # All 1,000 are at risk up to day 4 and 996 from day 5 on.
    assert best.rate == pytest.approx(4 / (4 * 1000 + 3 * 996))
    assert best.low < best.rate < best.high
    said = sentences.write_day_sentence(best)
    assert "0.06% a day" in said
    assert "likeliest" not in said


def test_peaks_are_seldom_called_where_there_is_none() -> None:
    """Waits without memory: in at most a few of a hundred shops does a week stand out."""
    rng = np.random.default_rng(11)
    called = sum(
        customers.best_day_to_write(waits(rng.geometric(0.01, 1500), np.full(1500, 400))).is_peak
        for _seed in range(100)
    )
    # A total error of 5% is binomial: 12 or more of 100 would happen once in 200 times.
    assert called <= 11
