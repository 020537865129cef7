"""Trust before effects: published sample ratios, and every way in which a test can be broken."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from analysis.experiments import Measure, Sample, trust
from analysis.experiments.trust import sample_ratio_p_value


@pytest.mark.parametrize(
    ("sizes", "p_value", "digits"),
    [
        # Kohavi, Tang and Xu (2020), chapter 21; the calculator at srm.osc.garden.
        ((821_588, 815_482), 1.82e-6, 5e-9),
        ((44_000, 45_000), 0.000802, 5e-7),
    ],
)
def test_published_sample_ratios(sizes: tuple, p_value: float, digits: float) -> None:
    assert sample_ratio_p_value(sizes, (0.5, 0.5)) == pytest.approx(p_value, abs=digits)


def of_sizes(*sizes: int) -> Sample:
    arms = ("control", *(f"arm{place}" for place in range(1, len(sizes))))
    return Sample(arms, np.repeat(np.arange(len(sizes)), sizes), before={}, groups={})


def test_the_usual_examples_of_sample_ratios() -> None:
    assert not trust.ratio_is_as_planned(of_sizes(600, 400), (0.5, 0.5)).passed
    assert trust.ratio_is_as_planned(of_sizes(502, 498), (0.5, 0.5)).passed
    assert trust.ratio_is_as_planned(of_sizes(100, 900), (0.1, 0.9)).passed
    # Of three arms none is far off, all together are: pairwise tests at the same limit miss it.
    three = of_sizes(1000, 1100, 1190)
    assert not trust.ratio_is_as_planned(three, (1, 1, 1)).passed
    assert min(sample_ratio_p_value(pair, (1, 1)) for pair in ((1000, 1100), (1100, 1190))) > 0.01


def test_sample_ratio_fails_sound_tests_once_in_a_thousand() -> None:
    rng = np.random.default_rng(1)
    failed = sum(
        sample_ratio_p_value(rng.multinomial(3000, [0.2, 0.4, 0.4]), [0.2, 0.4, 0.4]) < trust.ALPHA
        for _run in range(4000)
    )
    assert failed <= 14


def test_small_arms_and_rare_events() -> None:
    sample = of_sizes(100, 100)
    few = Measure("m", "revenue", "mean", "minor", np.ones(6))
    check = trust.arms_are_there(few, of_sizes(3, 3))
    assert not check.passed
    assert "control under 10, arm1 under 10" in check.sentence
    assert trust.arms_are_there(few._replace(value=np.ones(60)), of_sizes(30, 30)).passed
    nothing = Measure("m", "revenue", "mean", "minor", np.zeros(200))
    assert "control 0, arm1 0; fewer than 20" in trust.enough_happened(nothing, sample).sentence
    assert not trust.enough_happened(nothing, sample).passed
    some = Measure("m", "revenue", "mean", "minor", np.ones(200))
    assert trust.enough_happened(some, sample).passed
    few_asked = some._replace(asked=np.arange(200) % 10 == 0)
    assert not trust.enough_happened(few_asked, sample).passed
    check = trust.arms_are_there(few_asked, sample)
    assert not check.passed
    assert "can be asked of control 10, arm1 10" in check.sentence
    assert trust.arms_are_there(some._replace(asked=np.arange(200) % 3 == 0), sample).passed


def test_arms_that_differed_before_are_noticed() -> None:
    rng = np.random.default_rng(4)
    arm = rng.integers(0, 2, 4000)
    before = rng.gamma(1, 10, 4000)
    alike = Sample(("control", "mail"), arm, before={"amount_before_minor": before}, groups={})
    assert trust.arms_were_alike(alike).passed
    chosen = alike._replace(before={"amount_before_minor": before * (1 + 0.3 * arm)})
    check = trust.arms_were_alike(chosen)
    assert not check.passed
    assert "amount before, with p < 0.0001" in check.sentence
    assert trust.arms_were_alike(alike._replace(before={})).passed


def test_windows_repeats_and_late_orders() -> None:
    last, closes = date(2024, 1, 10), date(2024, 1, 19)
    assert trust.windows_are_closed(last, window_days=10, as_of=closes).passed
    assert not trust.windows_are_closed(last, window_days=11, as_of=closes).passed
    assert trust.assigned_once(0, 0).passed
    assert not trust.assigned_once(1, 0).passed
    assert trust.orders_reach_readout(closes, as_of=closes, max_stale_days=0).passed
    assert not trust.orders_reach_readout(last, as_of=closes, max_stale_days=8).passed


def test_outcomes_are_undecided_among_those_who_were_asked() -> None:
    """Of 100 customers in control 8 are asked, and 4 of these still wait: a half, not 4%."""
    sample = of_sizes(100, 100)
    everybody = Measure("c", "continued", "rate", "share", np.zeros(200))
    undecided = np.r_[np.zeros(96), np.ones(4), np.zeros(100)]
    assert trust.outcomes_are_decided(everybody, sample, undecided).passed
    few = everybody._replace(asked=np.r_[np.zeros(92), np.ones(108)].astype(bool))
    check = trust.outcomes_are_decided(few, sample, undecided)
    assert not check.passed
    assert "control 50.0%, arm1 0.0%" in check.sentence


def test_two_campaigns_with_one_salt_are_not_independent() -> None:
    rows = [("x", "control", "control", 500, 1000), ("x", "mail", "mail", 500, 1000)]
    columns = ["other_campaign_id", "arm", "other_arm", "customers", "customers_in_any"]
    same = pd.DataFrame(rows, columns=columns)
    assert not trust.overlaps_are_independent(same, customers=1000).passed
    rows = [
        ("x", arm, other, 250, 1000) for arm in ("control", "mail") for other in ("control", "mail")
    ]
    own = pd.DataFrame(rows, columns=columns)
    assert trust.overlaps_are_independent(own, customers=1000).passed
    assert trust.overlaps_are_independent(own.iloc[:0], customers=1000).passed


def test_many_sound_campaigns_fail_once_in_a_thousand() -> None:
    """Twenty other campaigns that were divided independently: at 1% each one in five fails."""
    rng = np.random.default_rng(2)
    runs, others, failed, careless = 30, 20, 0, 0
    for _run in range(runs):
        tables = rng.multinomial(400, [0.25] * 4, size=others).reshape(others, 2, 2)
        rows = [
            (f"x{other:02d}", ("control", "mail")[place], ("control", "mail")[their], count, 400)
            for (other, place, their), count in np.ndenumerate(tables)
        ]
        columns = ["other_campaign_id", "arm", "other_arm", "customers", "customers_in_any"]
        check = trust.overlaps_are_independent(pd.DataFrame(rows, columns=columns), customers=1000)
        failed += not check.passed
        careless += any(chi2_contingency(table, correction=False).pvalue < 0.01 for table in tables)
        assert "400 of 1,000 customers were in another campaign" in check.sentence
    assert failed <= 1
    assert careless > 0.1 * runs
