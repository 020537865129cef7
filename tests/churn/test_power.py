"""How often is a planted churn point found, and one that is not there? 100 shops each."""

from collections.abc import Callable

import pytest

from analysis.churn.hazard import order_hazards
from analysis.churn.peak import churn_points, peak_tests

SHOPS = range(1, 101)


def found(cells) -> list[int]:
    hazards = order_hazards(cells[cells["cut"] == "cohort"])
    return [point.order_no for point in churn_points(peak_tests(hazards, min_excess_share=0.02))]


@pytest.mark.slow
def test_the_planted_order_is_found_in_95_of_100_shops(demo_cells: Callable) -> None:
    assert sum(3 in found(demo_cells(seed)) for seed in SHOPS) >= 95


@pytest.mark.slow
def test_a_false_one_in_at_most_5_of_100_shops_without_any(demo_cells: Callable) -> None:
    assert sum(bool(found(demo_cells(seed, planted=False))) for seed in SHOPS) <= 5
