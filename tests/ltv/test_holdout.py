"""The check of the prediction: published errors on CDNOW, hand-worked rows, refusals."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError, ParameterError
from analysis.ltv.holdout import (
    holdout_by_frequency,
    predict_holdout,
    prediction_error,
    split_day,
)
from analysis.ltv.purchases import fit_purchases
from analysis.ltv.tracking import track
from analysis.shop import Shop, open_shop

CUT = date(1997, 9, 30)


def predicted(shop: Shop):
    model = fit_purchases(shop.reduce("btyd_cells", as_of=CUT))
    holdout = shop.reduce("btyd_holdout", calibration_end=CUT)
    return predict_holdout(holdout, {"bg_nbd": model}, holdout_days=273), model


@pytest.mark.parametrize(("name", "error_share"), [("cdnow_sample", -0.0411), ("cdnow", -0.0618)])
def test_published_error_of_the_running_total_in_week_78(
    samples: Path, name: str, error_share: float
) -> None:
    shop = open_shop(name)
    _, model = predicted(shop)
    tracked = track(
        shop.reduce("purchases_by_day", acquired_by=CUT),
        model,
        first_day=shop.first_day,
        as_of=shop.as_of,
    )
    last = tracked.iloc[-1]
    assert (last["week"], last["last_day"]) == (78, pd.Timestamp(1998, 6, 30))
    assert last["expected_total"] / last["actual_total"] - 1 == pytest.approx(error_share, abs=5e-5)
    assert tracked["actual"].sum() == last["actual_total"]
    # Days of age between those computed are drawn straight, which no digit of the error shows.
    assert (tracked["low"] <= tracked["expected"]).all()
    assert (tracked["high_total"] > tracked["expected_total"]).all()
    assert (
        tracked.loc[tracked["week"] <= 39, "actual"].sum()
        == {
            "cdnow_sample": 2457,
            "cdnow": 24_337,
        }[name]
    )


def test_published_holdout_of_the_cdnow_sample(samples: Path) -> None:
    rows, _ = predicted(open_shop("cdnow_sample"))
    error = prediction_error(rows["bg_nbd"], rows["holdout_frequency"])
    assert (error.actual, error.customers) == (1882, 2357)
    assert round(error.correlation, 3) == 0.626
    once = holdout_by_frequency(rows, "bg_nbd").iloc[0]
    assert (round(once["actual_mean"], 3), round(once["model_mean"], 3)) == (0.237, 0.225)
    assert once["customers"] == 1411


def test_known_errors_of_the_cdnow_master(samples: Path) -> None:
    rows, _ = predicted(open_shop("cdnow"))
    model = prediction_error(rows["bg_nbd"], rows["holdout_frequency"])
    naive = prediction_error(rows["naive"], rows["holdout_frequency"])
    assert (round(model.bias_share, 2), round(model.mean_absolute_error, 3)) == (-0.14, 0.819)
    assert (round(naive.bias_share, 2), round(naive.mean_absolute_error, 3)) == (0.47, 1.038)


def test_errors_by_hand() -> None:
    error = prediction_error(pd.Series([1.0, 2.0, 3.0]), pd.Series([2, 2, 0]))
    assert error[:3] == pytest.approx((6, 4, 0.5))
    assert error.mean_absolute_error == pytest.approx(4 / 3)
    margin = 1.959964 * np.sqrt(3) * np.std([-1, 0, 3], ddof=1) / 4
    assert (error.bias_low, error.bias_high) == pytest.approx((0.5 - margin, 0.5 + margin))
    assert error.root_mean_squared_error == pytest.approx(np.sqrt(10 / 3))


def test_bins_hold_everyone_once(samples: Path) -> None:
    rows, _ = predicted(open_shop("cdnow"))
    bins = holdout_by_frequency(rows, "bg_nbd")
    assert list(bins["repeats"]) == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    assert bins["customers"].sum() == 23_570
    assert (bins["actual_mean"] * bins["customers"]).sum() == pytest.approx(19_684)
    assert (bins["actual_low"] <= bins["actual_mean"]).all()


def test_nobody_in_the_holdout_is_refused() -> None:
    with pytest.raises(DataError, match="Nobody bought again in the holdout period"):
        prediction_error(pd.Series([1.0, 2.0]), pd.Series([0, 0]))


def test_split_in_whole_weeks_or_as_told() -> None:
    first, last = date(2024, 1, 1), date(2024, 12, 31)
    day = split_day(first, last)
    assert (last - day).days % 7 == 0
    assert abs((day - first).days - (last - day).days) <= 7
    assert split_day(first, last, calibration_end="2024-03-31") == date(2024, 3, 31)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2024-01-01", r"calibration_end == 2024-01-01, must lie between 2024-01-01"),
        ("2025-01-01", "must lie between"),
        ("soon", "calibration_end == 'soon', must be a date"),
    ],
)
def test_impossible_splits_are_refused(text: str, sentence: str) -> None:
    with pytest.raises(ParameterError, match=sentence):
        split_day(date(2024, 1, 1), date(2024, 12, 31), calibration_end=text)


def test_short_histories_are_not_split() -> None:
    assert split_day(date(2024, 1, 1), date(2024, 2, 24)) is None
    assert split_day(date(2024, 1, 1), date(2024, 2, 24), calibration_end="2024-02-01") is None
    assert split_day(date(2024, 1, 1), date(2024, 2, 25)) == date(2024, 1, 28)
    with pytest.raises(ParameterError, match="must be a date"):
        split_day(date(2024, 1, 1), date(2024, 2, 24), calibration_end="soon")
