"""Groups: the log-rank test against a published value and lifelines, means, crossings, refusals."""

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from lifelines.statistics import multivariate_logrank_test
from scipy.stats import chi2

from analysis import style
from analysis.churn import figures, sentences
from analysis.churn.groups import (
    all_groups,
    compare_groups,
    interaction,
    log_rank,
    mean_first_orders,
)
from analysis.churn.hazard import order_hazards
from analysis.errors import ParameterError

from .counts import HIGH_END, REGULAR, steps


def test_published_log_rank() -> None:
    at_risk = np.array([REGULAR[:-1], HIGH_END[:-1]])
    lost = at_risk - np.array([REGULAR[1:], HIGH_END[1:]])
    statistic, degrees = log_rank(at_risk, lost)
    assert round(statistic, 4) == 181.7416
    assert degrees == 1


@pytest.mark.parametrize("groups", [2, 3, 4])
def test_log_rank_equals_lifelines(groups: int) -> None:
    rng = np.random.default_rng(groups)
    group = rng.integers(0, groups, 900)
    orders = rng.geometric(0.15 + 0.03 * group).clip(max=12)
    gone = rng.random(900) < 0.7
    at_risk = np.array(
        [[((group == g) & (orders >= n)).sum() for n in range(1, 13)] for g in range(groups)]
    )
    lost = np.array(
        [[((group == g) & gone & (orders == n)).sum() for n in range(1, 13)] for g in range(groups)]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = multivariate_logrank_test(orders, group, gone)
    statistic, degrees = log_rank(at_risk, lost)
    assert statistic == pytest.approx(theirs.test_statistic, rel=1e-9)
    assert chi2.sf(statistic, degrees) == pytest.approx(theirs.p_value, rel=1e-6)


def test_log_rank_of_equal_groups_is_nothing() -> None:
    at_risk = np.array([[100, 80], [100, 80]])
    assert log_rank(at_risk, np.array([[20, 10], [20, 10]]))[0] == pytest.approx(0)


def test_interaction_equals_statsmodels() -> None:
    at_risk = np.array([[400, 320, 250], [500, 350, 300]])
    lost = np.array([[80, 70, 20], [150, 50, 45]])
    design = np.column_stack([np.tile(np.eye(3), (2, 1)), np.repeat([0, 1], 3)])
    counts = np.column_stack([lost.ravel(), (at_risk - lost).ravel()])
    deviance = sm.GLM(counts, design, family=sm.families.Binomial()).fit().deviance
    assert interaction(at_risk, lost) == pytest.approx(chi2.sf(deviance, 2), rel=1e-6)


def test_interaction_of_parallel_groups_is_chance() -> None:
    rng, small = np.random.default_rng(4), 0
    at_risk = np.full((3, 5), 400)
    for _time in range(200):
        small += interaction(at_risk, rng.binomial(400, 0.15, (3, 5))) < 0.05
    assert small <= 20


def test_mean_of_the_first_orders_and_its_interval() -> None:
    table = order_hazards(steps([500, 250], [500, 250]))
    mean, low, high = mean_first_orders(table, within_orders=3)
    assert mean == pytest.approx(1 + 0.5 + 0.25)
    variance = 0.75**2 * 500 / (1000 * 500) + 0.25**2 * 250 / (500 * 250)
    assert (high - low) / 2 == pytest.approx(1.959964 * np.sqrt(variance), rel=1e-5)
    assert mean_first_orders(table, within_orders=1) == (1, 1, 1)


def test_orders_without_data_have_no_mean() -> None:
    table = order_hazards(steps([500, 250, 20], [500, 250, 5]))
    with pytest.raises(ParameterError, match="within_orders == 4, must be from 1 to 3"):
        mean_first_orders(table, within_orders=4)


def by_source(hazards: dict[str, list[float]], *, size: int = 2000) -> pd.DataFrame:
    parts = []
    for source, chances in hazards.items():
        lost, left = [], size
        for chance in chances:
            lost.append(round(left * chance))
            left -= lost[-1]
        continued = list(size - np.cumsum(lost))
        parts.append(steps(lost, continued).assign(source=source, cut="source"))
    return pd.concat(parts, ignore_index=True)


def test_a_group_that_leaves_sooner_is_found_and_named() -> None:
    compared = compare_groups(
        by_source({"search": [0.2, 0.1, 0.1], "ads": [0.35, 0.1, 0.1]}), cut="source"
    )
    assert compared is not None
    assert compared.p < 1e-6
    found = compared.by_order[compared.by_order["p_holm"] < 0.05]
    assert set(found["order_no"]) == {1}
    assert found.loc[found["group"] == "ads", "difference"].iloc[0] == pytest.approx(0.15)
    assert not compared.crosses


def test_a_young_group_that_loses_more_is_not_drawn_best() -> None:
    """Its one order says that it loses more; the orders that it has not come to say nothing."""
    old = by_source({"old": [0.30, 0.13, 0.12, 0.10, 0.10, 0.10]})
    young = by_source({"young": [0.40]}, size=400)
    compared = compare_groups(pd.concat([old, young]), cut="source")
    assert compared.within_orders == 2
    means = compared.groups.set_index("group")["mean_orders"]
    assert means.to_dict() == pytest.approx({"old": 1.7, "young": 1.6})
    said = sentences.group_sentence([compared])
    assert "old brings most (1.70" in said
    assert "of the first 2 orders) and young least (1.60" in said
    style.use("en")
    (axis,) = figures.group_chart(all_groups([compared])).fig.axes
    assert axis.get_xlabel() == "orders within the first 2, mean"


def test_few_who_are_all_lost_do_not_make_a_mean_sure() -> None:
    """After order 3 one is at risk and lost: no group is compared there."""
    rows = by_source({"a": [0.2, 0.1, 0.1], "b": [0.3, 0.1]}, size=500)
    last = steps([0, 0, 1], [0, 0, 0]).assign(source="b", cut="source")
    assert compare_groups(pd.concat([rows, last]), cut="source").within_orders == 3


def test_groups_that_differ_later_than_all_can_be_followed_are_not_ranked() -> None:
    old = by_source({"a": [0.2, 0.10, 0.10], "b": [0.2, 0.25, 0.25]})
    young = by_source({"new": [0.2]}, size=400)
    compared = compare_groups(pd.concat([old, young]), cut="source")
    assert compared.p < 1e-6
    assert "not clearly within the first 2 orders" in sentences.group_sentence([compared])


def test_curves_that_cross_are_said() -> None:
    compared = compare_groups(
        by_source({"a": [0.35, 0.05, 0.05, 0.05], "b": [0.10, 0.20, 0.30, 0.30]}), cut="source"
    )
    assert compared.crosses
    assert compared.interaction_p < 0.001


def test_small_groups_are_left_out() -> None:
    rows = by_source({"a": [0.2, 0.1], "b": [0.2, 0.1]})
    few = steps([3], [20]).assign(source="tiny", cut="source")
    compared = compare_groups(pd.concat([rows, few]), cut="source")
    assert set(compared.groups["group"]) == {"a", "b"}
    assert compare_groups(pd.concat([rows[rows["source"] == "a"], few]), cut="source") is None
