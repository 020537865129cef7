"""The Kaplan-Meier estimate against lifelines, published numbers and a popular mistake."""

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.datasets import load_waltons

from analysis.errors import ParameterError
from analysis.intervals import wilson
from analysis.survival import kaplan_meier, share_by


def count(durations: np.ndarray, observed: np.ndarray) -> pd.DataFrame:
    waits = pd.DataFrame({"duration": durations, "observed": observed})
    return waits.groupby(["duration", "observed"]).size().rename("count").reset_index()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_equals_lifelines(seed: int) -> None:
    rng = np.random.default_rng(seed)
    wait = rng.geometric(0.02, size=500)
    limit = rng.integers(1, 120, size=500)
    durations, observed = np.minimum(wait, limit), wait <= limit
    curve = kaplan_meier(count(durations, observed))
    fitted = KaplanMeierFitter().fit(durations, observed)
    np.testing.assert_allclose(
        curve["survival"], fitted.predict(curve["duration"]).to_numpy(), atol=1e-12
    )
    table = fitted.confidence_interval_.loc[curve["duration"].astype(float)].to_numpy()
    # Where nothing has happened or nobody is left, lifelines gives an interval without width.
    inside = ((curve["survival"] > 0) & (curve["survival"] < 1)).to_numpy()
    assert inside.sum() > 90
    np.testing.assert_allclose(curve.loc[inside, ["low", "high"]], table[inside], atol=1e-10)
    assert (curve.loc[~inside, "high"] - curve.loc[~inside, "low"] > 0.005).all()
    assert curve["events"].sum() + curve["censored"].sum() == 500


def test_median_of_the_waltons_flies() -> None:
    flies = load_waltons()
    curve = kaplan_meier(count(flies["T"].to_numpy(), flies["E"].to_numpy().astype(bool)))
    assert curve.loc[curve["survival"] <= 0.5, "duration"].iloc[0] == 56


def test_share_of_those_who_came_back_so_far_falls_short_of_the_truth() -> None:
    rng = np.random.default_rng(4)
    wait = rng.exponential(60, size=20_000)
    limit = rng.uniform(0, 120, size=20_000)
    days = np.ceil(np.minimum(wait, limit))
    truth = 1 - np.exp(-90 / 60)
    estimate, low, high = share_by(kaplan_meier(count(days, wait <= limit)), 90)
    assert low < truth < high
    assert high - low < 0.03
    assert estimate == pytest.approx(truth, abs=0.015)
    assert np.mean(wait <= np.minimum(limit, 90)) < truth - 0.2


def test_three_waits_do_not_make_a_share_sure() -> None:
    curve = kaplan_meier(pd.DataFrame({"duration": [5], "observed": [True], "count": [3]}))
    nobody, all_three = wilson(0, 3), wilson(3, 3)
    assert share_by(curve, 4) == (0.0, 0.0, nobody.high)
    assert share_by(curve, 5) == pytest.approx((1.0, all_three.low, 1.0))
    assert share_by(curve.iloc[:0], 5) == (0.0, 0.0, 1.0)


def test_forty_who_have_not_come_back_yet_may_be_some_who_do() -> None:
    """By day 60 of forty waits, none of which has ended: Wilson's for 0 of 40."""
    waits = {"duration": [90, 120], "observed": [False, False], "count": [10, 30]}
    curve = kaplan_meier(pd.DataFrame(waits))
    assert share_by(curve, 100) == pytest.approx((0.0, 0.0, wilson(0, 40).high))
    assert share_by(curve, 120) == pytest.approx((0.0, 0.0, wilson(0, 30).high))


def test_negative_durations_are_refused() -> None:
    with pytest.raises(ParameterError, match="duration and count must be >= 0"):
        kaplan_meier(pd.DataFrame({"duration": [-1], "observed": [True], "count": [3]}))
