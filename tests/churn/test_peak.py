"""The test of churn points: what it finds, how often it cries wolf, and what it refuses to see."""

import numpy as np
import pandas as pd
import pytest

from analysis.churn.hazard import order_hazards
from analysis.churn.peak import churn_points, contrasts, peak_tests, smallest_excess
from analysis.errors import ParameterError

from .counts import HIGH_END, REGULAR, steps

FLAT = np.full(10, 0.13)
FALLING = np.array([0.35, 0.25, 0.19, 0.15, 0.13, 0.11, 0.10, 0.09, 0.09, 0.08])
RISING = np.linspace(0.06, 0.15, 10)


def life_table(hazard: np.ndarray, started: int, rng: np.random.Generator) -> pd.DataFrame:
    lost, left = [], started
    for chance in hazard:
        lost.append(int(rng.binomial(left, chance)))
        left -= lost[-1]
    gone = np.array(lost)
    at_risk = started - np.cumsum(gone) + gone
    orders = np.arange(1, len(gone) + 1)
    return pd.DataFrame(
        {"order_no": orders, "free_at_risk": at_risk, "free_lost": gone, "is_shown": True}
    )


def found(hazard: np.ndarray, *, started: int, times: int, min_excess: float = 0.02) -> list[int]:
    rng = np.random.default_rng(11)
    return [
        point.order_no
        for _time in range(times)
        for point in churn_points(
            peak_tests(life_table(hazard, started, rng), min_excess_share=min_excess)
        )
    ]


@pytest.mark.parametrize("hazard", [FLAT, FALLING, RISING])
@pytest.mark.parametrize("started", [500, 2000])
def test_false_alarms_stay_rare(hazard: np.ndarray, started: int) -> None:
    alarms = found(hazard, started=started, times=300, min_excess=0.0)
    assert len(alarms) <= 27, "5% of 300, and three standard errors more"


@pytest.mark.parametrize(("started", "least"), [(500, 0.25), (1000, 0.6), (2000, 0.92)])
def test_power_for_seven_points_more(started: int, least: float) -> None:
    hazard = FLAT.copy()
    hazard[2] = 0.20
    hits = found(hazard, started=started, times=200)
    assert hits.count(3) / 200 >= least


@pytest.mark.parametrize("survivors", [REGULAR, HIGH_END])
def test_published_cohorts_have_no_churn_point(survivors: np.ndarray) -> None:
    table = order_hazards(steps(list(survivors[:-1] - survivors[1:]), list(survivors[1:])))
    assert churn_points(peak_tests(table, min_excess_share=0.0)) == []


def test_a_bump_on_a_falling_curve_is_seen_though_it_is_no_maximum() -> None:
    hazard = np.array([0.40, 0.20, 0.28, 0.12, 0.11, 0.10])
    assert found(hazard, started=4000, times=20).count(3) == 20


def test_the_wall_after_order_1_is_no_churn_point() -> None:
    hazard = np.array([0.60, 0.10, 0.10, 0.10, 0.10])
    assert found(hazard, started=3000, times=20) == []


def test_a_small_excess_is_no_churn_point_however_sure() -> None:
    hazard = FLAT.copy()
    hazard[2] = 0.142
    rng = np.random.default_rng(1)
    tested = peak_tests(life_table(hazard, 2_000_000, rng), min_excess_share=0.02)
    assert tested["p_holm"].min() < 0.001
    assert churn_points(tested) == []


def test_ends_of_commitments_make_no_churn_point() -> None:
    free = steps([130, 113, 98, 85], [870, 757, 659, 574])
    ends = steps([0, 0, 200], [0, 0, 250]).assign(is_commitment_end=1)
    held = steps([], []).assign(is_commitment_end=0)
    table = order_hazards(pd.concat([free, ends, held]))
    assert table["hazard"][2] > 1.8 * table["free_hazard"][2]
    assert churn_points(peak_tests(table, min_excess_share=0.02)) == []


def test_small_neighbors_are_not_tested() -> None:
    table = order_hazards(steps([5, 5, 20, 2], [35, 30, 10, 3]))
    assert peak_tests(table, min_excess_share=0.02)["order_no"].tolist() == [2]


def test_an_order_that_is_not_shown_is_not_tested() -> None:
    """Twenty may leave after order 1, two thousand not yet: nothing after it is shown."""
    held = pd.DataFrame(
        {"order_no": [1], "outcome": "committed", "subscriptions": 2000, "is_commitment_end": 0}
    )
    free = steps([2, 200, 180, 500, 100, 90], [18, 1800, 1620, 1100, 1000, 900])
    table = order_hazards(pd.concat([held, free]))
    assert not table["is_shown"].any()
    assert peak_tests(table, min_excess_share=0.02).empty


@pytest.mark.parametrize("orders", [0, 1, 2])
def test_too_few_orders_give_no_test(orders: int) -> None:
    table = order_hazards(steps([10] * orders, [90] * orders))
    tested = peak_tests(table, min_excess_share=0.02)
    assert tested.empty
    assert churn_points(tested) == []
    assert np.isnan(smallest_excess(tested, min_excess_share=0.02))


def test_impossible_excess_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"min_excess_share == 2, must be from 0 to 1"):
        peak_tests(order_hazards(steps([1], [1])), min_excess_share=2)


def test_nobody_and_everybody_lost_stay_finite() -> None:
    rows = contrasts(np.array([50.0, 50, 50]), np.array([0.0, 50, 0]))
    assert np.isfinite(rows.to_numpy(float)).all()
    assert rows["p"][0] < 1e-6


@pytest.mark.parametrize(("started", "min_excess"), [(1500, 0.0), (100_000, 0.02)])
def test_the_smallest_excess_is_found_four_times_out_of_five(
    started: int, min_excess: float
) -> None:
    """Few subscriptions: the test asks for most. Many: the least excess asked for does."""
    flat = life_table(FLAT[:5], started, np.random.default_rng(3))
    tested = peak_tests(flat, min_excess_share=min_excess)
    needed = smallest_excess(tested, min_excess_share=min_excess)
    assert needed > min_excess
    hazard = FLAT[:5].copy()
    hazard[2] += needed
    hits = found(hazard, started=started, times=200, min_excess=min_excess).count(3) / 200
    assert hits == pytest.approx(0.8, abs=0.1)
