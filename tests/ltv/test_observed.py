"""Observed value: only mature months, and no fall where there is none."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ParameterError
from analysis.ltv.figures import observed_value_chart
from analysis.ltv.observed import (
    first_month_share,
    mature_window,
    observed_value,
    observed_value_by_cohort,
)

AS_OF = date(2024, 12, 31)


@pytest.fixture
def steady_shop() -> pd.DataFrame:
    """First purchases every day of 2024; everyone pays 100 at once and 100 on day 60."""
    first = pd.date_range("2024-01-01", "2024-12-31").repeat(4)
    second_seen = first + timedelta(days=60) <= pd.Timestamp(AS_OF)
    return pd.DataFrame({"first_day": first, "amount_minor": np.where(second_seen, 200, 100)})


def test_mature_months_by_hand(steady_shop: pd.DataFrame) -> None:
    cohorts = observed_value_by_cohort(steady_shop, as_of=AS_OF, window_days=90)
    assert [f"{month}" for month in cohorts.loc[cohorts["is_mature"], "cohort"]] == [
        f"2024-{month:02d}" for month in range(1, 10)
    ]
    assert (cohorts.loc[cohorts["is_mature"], "mean_minor"] == 200).all()
    assert cohorts.loc[~cohorts["is_mature"], "mean_minor"].isna().all()
    assert cohorts["customers"].sum() == 366 * 4


def test_naive_mean_falls_for_young_months_and_ours_does_not(steady_shop: pd.DataFrame) -> None:
    month = steady_shop["first_day"].dt.to_period("M")
    naive = steady_shop.groupby(month)["amount_minor"].mean()
    assert naive.iloc[-1] < naive.iloc[0] * 0.6, "the popular figure shows a fall"
    ours = observed_value_by_cohort(steady_shop, as_of=AS_OF, window_days=90)["mean_minor"]
    assert set(ours.dropna()) == {200.0}
    assert observed_value(steady_shop, as_of=AS_OF, window_days=90).mean_minor == 200


def test_maturity_counts_the_last_possible_day() -> None:
    values = pd.DataFrame(
        {"first_day": pd.to_datetime(["2024-06-01"] * 40), "amount_minor": [5] * 40}
    )
    last = date(2024, 6, 30) + timedelta(days=29)
    assert observed_value(values, as_of=last, window_days=30).customers == 40
    assert observed_value(values, as_of=last - timedelta(days=1), window_days=30) is None


def test_small_months_are_hidden() -> None:
    values = pd.DataFrame(
        {"first_day": pd.to_datetime(["2024-01-05"] * 29), "amount_minor": [5] * 29}
    )
    cohorts = observed_value_by_cohort(values, as_of=AS_OF, window_days=30)
    assert cohorts["is_mature"].all()
    assert cohorts["mean_minor"].isna().all()
    assert observed_value(values, as_of=AS_OF, window_days=30) is None


@pytest.mark.parametrize(("amount", "top"), [(100, 115.0), (0, 1.0)])
def test_shop_whose_months_are_all_small_still_has_a_mean(amount: int, top: float) -> None:
    """15 new customers a month: no month may be shown, all of them together may."""
    months = pd.date_range("2023-01-01", "2023-12-01", freq="MS").repeat(15)
    values = pd.DataFrame({"first_day": months, "amount_minor": amount})
    observed = observed_value(values, as_of=AS_OF, window_days=365)
    cohorts = observed_value_by_cohort(values, as_of=AS_OF, window_days=365)
    assert (observed.customers, observed.mean_minor) == (180, amount)
    chart = observed_value_chart(cohorts, observed, currency="JPY")
    (ax,) = chart.fig.axes
    assert ax.get_ylim() == pytest.approx((0, top))
    assert "0 of 12 months are shown" in chart.alt


def test_interval_by_hand() -> None:
    values = pd.DataFrame(
        {"first_day": pd.to_datetime(["2024-01-05"] * 50), "amount_minor": [0, 100] * 25}
    )
    observed = observed_value(values, as_of=AS_OF, window_days=30)
    margin = 1.959964 * values["amount_minor"].std() / np.sqrt(50)
    assert observed[:4] == pytest.approx((50, 50 - margin, 50 + margin, 50))


@pytest.mark.parametrize(
    ("first", "wanted", "window"),
    [
        ("2023-06-01", 365, 365),
        ("2024-03-01", 365, 180),
        ("2024-09-01", 365, 90),
        ("2024-11-01", 365, 30),
        ("2024-12-01", 365, 0),
        ("2023-06-01", 100, 100),
        ("2024-09-01", 100, 90),
    ],
)
def test_longest_window_that_a_month_has_lived_through(
    first: str, wanted: int, window: int
) -> None:
    days = pd.Series(pd.to_datetime([first] * 30))
    assert mature_window(days, as_of=AS_OF, wanted_days=wanted) == window


def test_window_must_be_positive() -> None:
    with pytest.raises(ParameterError, match="value_window_days == 0, must be >= 1"):
        mature_window(pd.Series(pd.to_datetime(["2024-01-01"])), as_of=AS_OF, wanted_days=0)


def test_share_of_customers_of_the_first_month() -> None:
    days = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-30", "2024-01-31", "2024-06-01"]))
    assert first_month_share(days) == 0.5
