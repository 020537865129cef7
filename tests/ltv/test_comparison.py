"""Side by side on days that nobody saw: known errors on CDNOW, rankings by hand, the verdict."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import DataError
from analysis.ltv.check_sentences import purchases_verdict, value_verdict
from analysis.ltv.check_tables import purchases_method_table, value_method_table
from analysis.ltv.comparison import Comparison, compare
from analysis.ltv.one_off import fit_amounts
from analysis.ltv.purchases import fit_purchases
from analysis.ltv.ranking import normalized_gini, ranking_gain, top_capture
from analysis.shop import open_shop

CUT = date(1997, 9, 30)


@pytest.fixture(scope="module")
def cdnow(samples_home: Path) -> Comparison:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_HOME", str(samples_home))
        shop = open_shop("cdnow")
        cells = shop.reduce("btyd_cells", as_of=CUT)
        models = {kind: fit_purchases(cells, kind=kind) for kind in ("bg_nbd", "mbg_nbd")}
        spend, problem = fit_amounts(shop.reduce("spend_cells", as_of=CUT))
        assert not problem
        holdout = shop.reduce("btyd_holdout", calibration_end=CUT)
        return compare(holdout, models, spend, holdout_days=273)


def test_known_yardstick_of_the_cdnow_master(cdnow: Comparison) -> None:
    """Bias, mean absolute error, Gini and top tenth of purchases, as other work computed them."""
    scores = cdnow.scores
    found = {
        name: (
            round(100 * scores[name].error.bias_share),
            round(scores[name].error.mean_absolute_error, 3),
            round(scores[name].gini, 3),
            round(100 * scores[name].capture, 1),
        )
        for name in ("bg_nbd", "mbg_nbd")
    }
    assert found == {"bg_nbd": (-14, 0.819, 0.663, 45.6), "mbg_nbd": (-19, 0.795, 0.666, 45.9)}
    naive, oracle = scores["naive"], scores["oracle"]
    assert (round(naive.error.bias_share, 2), round(naive.capture, 3)) == (0.47, 0.444)
    assert (oracle.gini, round(oracle.capture, 3), oracle.error.bias_share) == (1, 0.676, 0)


def test_known_yardstick_of_amounts(cdnow: Comparison) -> None:
    model, naive = cdnow.scores["bg_nbd"], cdnow.scores["naive"]
    assert (round(model.value_error.bias_share, 2), round(naive.value_error.bias_share, 2)) == (
        -0.17,
        1.66,
    )
    errors = [round(score.value_error.mean_absolute_error / 100, 1) for score in (model, naive)]
    assert errors == [32.7, 71.4]
    assert (round(model.value_gini, 3), round(naive.value_gini, 3)) == (0.672, 0.698)
    assert (round(model.value_capture, 3), round(naive.value_capture, 3)) == (0.516, 0.499)
    assert round(cdnow.scores["oracle"].value_capture, 3) == 0.763


def test_verdict_admits_that_the_naive_ranking_is_as_good(cdnow: Comparison) -> None:
    assert cdnow.gain.gini_low < 0 < cdnow.gain.gini_high
    assert cdnow.closeness.error_high < 0
    assert cdnow.value_gain.gini_high < 0
    said = purchases_verdict(cdnow)
    assert 'often they will buy, the best naive list, "going on as before", is as good here' in said
    assert 'the model is closer than the closest naive prediction, "as much again": its' in said
    assert 'the model was −14.3% off; "as much again" would have been +23.6% off' in said
    assert 'pay, the best naive list, "going on as before", is better than' in value_verdict(cdnow)


def test_each_rival_is_the_best_at_its_own_thing(cdnow: Comparison) -> None:
    """The list that ranks best is not the prediction that comes closest."""
    naive, so_far = cdnow.scores["naive"], cdnow.scores["so_far"]
    assert naive.gini > so_far.gini
    assert naive.error.mean_absolute_error > so_far.error.mean_absolute_error
    assert cdnow.rivals == ("naive", "so_far")
    model = cdnow.scores["bg_nbd"]
    assert cdnow.gain.gini == pytest.approx(model.gini - naive.gini)
    assert cdnow.closeness.error == pytest.approx(
        model.error.mean_absolute_error - so_far.error.mean_absolute_error
    )
    assert cdnow.value_gain.gini == pytest.approx(model.value_gini - naive.value_gini)


def test_verdict_turns_with_the_interval(cdnow: Comparison) -> None:
    better = cdnow.gain._replace(gini_low=0.001)
    closer = cdnow.closeness._replace(error_low=0.1, error_high=0.2)
    said = purchases_verdict(cdnow._replace(gain=better, closeness=closer))
    assert 'the model is better than the best naive list, "going on as before"' in said
    assert '"as much again", is closer than the model' in said
    even = purchases_verdict(cdnow._replace(closeness=closer._replace(error_low=-0.1)))
    assert '"as much again", is as close as the model' in even
    assert value_verdict(cdnow._replace(value_gain=None)) == ""


def test_tables_hold_every_method(cdnow: Comparison) -> None:
    frame, caption = purchases_method_table(cdnow)
    assert caption == "19,684 purchases of 23,570 customers in 273 days that no prediction saw"
    assert list(frame.iloc[:, 0]) == [
        "BG/NBD", "MBG/NBD", "going on as before", "as much again", "perfect foresight",
    ]  # fmt: skip
    assert frame.iloc[0, 2] == "−14.3%"
    amounts = value_method_table(cdnow, currency="USD")
    assert amounts.frame.iloc[2, 5] == "0.698"
    assert value_method_table(cdnow._replace(value_gain=None), currency="USD") is None


def test_rankings_by_hand() -> None:
    actual = np.array([4, 2, 0, 0])
    # Mid-ranks, of 1: 3/4, 1/4, -1/4, -3/4; the two zeros of the outcome share -1/2.
    assert normalized_gini(np.array([9.0, 8, 7, 6]), actual) == pytest.approx(1)
    assert normalized_gini(np.array([6.0, 7, 8, 9]), actual) == pytest.approx(-1)
    assert normalized_gini(np.ones(4), actual) == 0
    assert normalized_gini(np.array([8.0, 9, 7, 6]), actual) == pytest.approx(2.5 / 3.5)
    assert top_capture(np.array([9.0, 8, 7, 6]), actual, top_share=0.25) == pytest.approx(4 / 6)
    # Two with equal predictions across the edge count half.
    assert top_capture(np.array([9.0, 9, 7, 6]), actual, top_share=0.25) == pytest.approx(0.5)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=60))
def test_gini_is_that_of_sorted_lists(pairs: list[tuple[int, int]]) -> None:
    """Against the textbook: the mean running share of the outcome, over all orders of ties."""
    predicted, actual = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    if not np.ptp(actual):
        with pytest.raises(DataError, match="nothing to rank"):
            normalized_gini(predicted, actual)
        return

    def area(by: np.ndarray) -> float:
        """Mean of y times how many are predicted lower less how many higher."""
        signs = np.sign(by[:, None] - by[None, :]).sum(axis=1)
        return float((actual * signs).sum())

    assert normalized_gini(predicted, actual) == pytest.approx(area(predicted) / area(actual))


def test_bootstrap_interval_has_the_spread_of_repeated_samples() -> None:
    """The interval of one sample against what other samples of the same shop gave."""

    def sample(seed: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        rate = rng.gamma(0.6, 2, 2000)
        before = rng.poisson(rate)
        return pd.DataFrame(
            {
                "a": rate + rng.normal(0, 0.5, 2000),
                "b": before,
                "holdout_frequency": rng.poisson(rate),
            }
        )

    gains = [ranking_gain(sample(seed), "a", "b", replicates=1).gini for seed in range(40)]
    one = ranking_gain(sample(99), "a", "b")
    assert (one.gini_high - one.gini_low) / 3.92 == pytest.approx(np.std(gains), rel=0.35)
    assert one.gini_low < np.mean(gains) < one.gini_high


def test_equal_predictions_differ_in_nothing() -> None:
    rng = np.random.default_rng(3)
    rows = pd.DataFrame({"a": rng.poisson(2, 500)}).assign(
        b=lambda frame: frame["a"], holdout_frequency=rng.poisson(2, 500)
    )
    gain = ranking_gain(rows, "a", "b")
    assert gain[:9] == (0,) * 9
