"""One shop under many definitions: each rate by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis.customers import repeats, tables
from analysis.customers.definitions import _rates
from analysis.customers.months import first_day_after, last_whole_month, month_text

STEPS = pd.DataFrame({"purchase_no": [1], "customers": [80], "converted": [40], "share": [0.5]})
COUNTS = {
    "customers": 100,
    "purchases": 240,
    "most_purchases": 12,
    "repeat_customers": 60,
    "month_buyers": 30,
    "month_before_buyers": 25,
    "both_months_buyers": 10,
    "month_returning": 24,
    "within_fixed_days": 45,
}


def test_rates_by_hand() -> None:
    rates = _rates(COUNTS, STEPS).set_index("name")
    assert rates["rate"].to_dict() == {
        "second_in_window": 0.5,
        "second_ever": 0.6,
        "bought_both_months": 0.4,
        "month_on_month": 1.2,
        "returning_share": 0.8,
        "mean_of_most": 0.2,
        "within_fixed_days": 0.45,
    }
    # Only shares of people have an interval; month on month may well exceed 100%.
    assert rates["low"].notna().to_dict() == {
        name: name not in ("month_on_month", "mean_of_most") for name in rates.index
    }
    assert rates.loc["second_in_window", ["low", "high"]].tolist() == pytest.approx(
        [0.3930, 0.6070], abs=5e-5
    )


def test_table_names_the_months_that_are_counted() -> None:
    def names(as_of: date) -> list[str]:
        table = tables.definition_table(_rates(COUNTS, STEPS), window_days=90, as_of=as_of)
        return table.frame.iloc[2:5, 0].tolist()

    assert names(date(2025, 1, 30)) == [
        "buyers of 2024-11 who bought in 2024-12 too",
        "buyers in 2024-12, of buyers in 2024-11",
        "returning buyers, of the buyers in 2024-12",
    ]
    assert names(date(2025, 1, 31))[1] == "buyers in 2025-01, of buyers in 2024-12"


def test_rates_without_anybody_are_unknown() -> None:
    rates = _rates(dict.fromkeys(COUNTS, 0), STEPS.iloc[:0])
    assert rates["rate"].isna().all()
    assert rates["low"].isna().all()


def test_months_count_on_over_the_year() -> None:
    assert month_text(24299) == "2024-12"
    assert first_day_after(24299) == pd.Timestamp("2025-01-01")
    assert last_whole_month(date(2024, 12, 31)) == 24299
    assert last_whole_month(date(2025, 1, 30)) == 24299


def test_second_purchases_by_month_are_mature_from_the_last_day_on() -> None:
    cohorts = pd.DataFrame(
        {
            "month_no": [24288, 24289, 24290],
            "customers": [40, 20, 50],
            "second_ever": [20, 9, 10],
            "mature_customers": [40, 20, 5],
            "mature_second": [10, 4, 1],
        }
    )
    # 31 January + 30 days = 1 March; 29 February + 30 days = 30 March.
    found = repeats.second_purchase_by_cohort(cohorts, as_of=date(2024, 3, 30), window_days=30)
    assert found["is_mature"].tolist() == [True, True, False]
    assert found["share"].tolist()[0] == 0.25
    assert np.isnan(found["share"].tolist()[1]), "twenty customers are too few to show"
    before = repeats.second_purchase_by_cohort(cohorts, as_of=date(2024, 2, 29), window_days=30)
    assert before["is_mature"].tolist() == [False, False, False]
    assert before["share"].isna().all()
