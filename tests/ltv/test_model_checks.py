"""Does the model fit, do its chances mean what they say, do purchases come as expected?"""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from analysis.ltv.check_figures import reliability_chart
from analysis.ltv.check_sentences import fit_sentence, reliability_sentence
from analysis.ltv.purchase_counts import count_chances, fit_by_count
from analysis.ltv.purchases import PurchaseModel, expected_new, fit_purchases
from analysis.ltv.reliability import Reliability, active_probability, reliability
from analysis.ltv.tracking import simulate_weeks, track
from analysis.shop import open_shop

CUT = date(1997, 9, 30)
MODEL = PurchaseModel(0.6, 6.0, 0.8, 2.5, 0.0, np.eye(4) * 1e-4, 1000, 500, 900)


def test_published_fit_of_the_cdnow_sample(samples: Path) -> None:
    """Fader, Hardie and Lee (2005): chi-square 4.82 with 3 degrees of freedom, p = .19."""
    cells = open_shop("cdnow_sample").reduce("btyd_cells", as_of=CUT)
    fit = fit_by_count(cells, fit_purchases(cells))
    assert (round(fit.statistic, 2), fit.degrees, round(fit.p_value, 2)) == (4.82, 3, 0.19)
    assert list(fit.table["repeats"]) == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    assert (fit.table["actual"].sum(), fit.table["actual"][0]) == (2357, 1411)
    assert "Chance alone would do as much" in fit_sentence(fit)


def test_small_misfits_of_many_customers_are_said(samples: Path) -> None:
    cells = open_shop("cdnow").reduce("btyd_cells", as_of=CUT)
    fit = fit_by_count(cells, fit_purchases(cells))
    assert fit.p_value < 0.001
    assert fit.moved_share < 0.02
    assert "with this many customers even small misfits show" in fit_sentence(fit)


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd"])
@given(
    r=st.floats(0.1, 3), alpha=st.floats(1, 30), a=st.floats(0.2, 5), b=st.floats(0.5, 5),
    age=st.integers(1, 700),
)  # fmt: skip
def test_chances_of_counts_add_up_to_one_and_to_the_mean(
    kind: str, r: float, alpha: float, a: float, b: float, age: int
) -> None:
    model = MODEL._replace(r=r, alpha=alpha, a=a, b=b, kind=kind)
    chances = count_chances(model, np.array([age]), last=4000)[0]
    assert (chances > -1e-12).all()
    assert chances.sum() == pytest.approx(1, abs=1e-6)
    mean = float(chances @ np.arange(len(chances)))
    assert mean == pytest.approx(float(expected_new(model, np.array([age]))[0]), rel=1e-5)


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd"])
def test_simulated_customers_are_as_the_formulas_have_them(kind: str) -> None:
    model = MODEL._replace(kind=kind)
    weeks = simulate_weeks(model, np.zeros(40_000, dtype=int), 52, np.random.default_rng(2))
    totals = weeks.sum(axis=1)
    chances = count_chances(model, np.array([364]), last=4)[0]
    shares = np.bincount(totals.astype(int))[:5] / len(totals)
    np.testing.assert_allclose(shares, chances, atol=4 * np.sqrt(0.25 / 40_000))
    expected = float(expected_new(model, np.array([364]))[0])
    assert totals.mean() == pytest.approx(expected, abs=4 * totals.std() / 200)


def test_bands_hold_what_such_shops_do() -> None:
    """Of shops drawn from the model, about 95% of weeks and final totals lie within the band."""
    rng = np.random.default_rng(5)
    first = rng.integers(0, 100, 1500)
    days = pd.date_range("2024-01-01", periods=280)
    new = np.bincount(first, minlength=280)
    model = MODEL._replace(log_covariance=np.zeros((4, 4)))
    inside, total = [], []
    for seed in range(60):
        weeks = simulate_weeks(model, first, 40, np.random.default_rng(seed))
        repeats = np.zeros(280)
        repeats[6::7] = weeks.sum(axis=0)
        by_day = pd.DataFrame(
            {"day": days, "cohort_new_customers": new, "cohort_repeat_purchases": repeats}
        )
        tracked = track(by_day, model, first_day=days[0].date(), as_of=days[-1].date(), seed=7)
        inside.append(tracked["actual"].between(tracked["low"], tracked["high"]).mean())
        last = tracked.iloc[-1]
        total.append(last["low_total"] <= last["actual_total"] <= last["high_total"])
    assert 0.92 < np.mean(inside) < 0.98
    assert np.mean(total) > 0.85


def test_band_widens_with_uncertain_parameters() -> None:
    days = pd.date_range("2024-01-01", periods=140)
    by_day = pd.DataFrame({"day": days, "cohort_new_customers": 20, "cohort_repeat_purchases": 10})
    narrow, wide = (
        track(by_day, MODEL._replace(log_covariance=np.eye(4) * size),
              first_day=days[0].date(), as_of=days[-1].date())
        for size in (1e-8, 0.05)
    )  # fmt: skip
    last = [(row["high_total"] - row["low_total"]) for row in (narrow.iloc[-1], wide.iloc[-1])]
    assert last[1] > 3 * last[0]


def holdout(customers: int, *, truth: PurchaseModel, seed: int = 4) -> pd.DataFrame:
    """Customers of one age who bought as the model has it, 26 weeks seen and 26 to come."""
    weeks = simulate_weeks(truth, np.zeros(customers, dtype=int), 52, np.random.default_rng(seed))
    seen = weeks[:, :26]
    last = np.where(seen.any(axis=1), 26 - np.argmax(seen[:, ::-1] > 0, axis=1), 0)
    return pd.DataFrame(
        {
            "frequency": seen.sum(axis=1).astype(int),
            "recency_days": np.maximum(7 * last - 3, 0),
            "age_days": 182,
            "holdout_frequency": weeks[:, 26:].sum(axis=1).astype(int),
        }
    )


def test_true_chances_lie_on_the_line_and_wrong_ones_do_not() -> None:
    rows = holdout(20_000, truth=MODEL)
    found = reliability(rows, MODEL, holdout_days=182)
    assert found.table["customers"].sum() == 20_000
    assert found.outside <= 2
    assert abs(found.largest_gap) < 0.05
    assert "mean what they say" in reliability_sentence(found._replace(outside=0))
    hopeful = reliability(rows, MODEL._replace(r=1.5), holdout_days=182)
    assert hopeful.largest_gap > 0.1
    assert "fewer people bought again than it said" in reliability_sentence(hopeful)


@pytest.mark.parametrize(
    ("dots", "outside", "words"),
    [
        (10, 0, "mean what they say: 10 of 10"),
        (10, 1, "mean what they say: 9 of 10"),
        (10, 2, "2 of 10 dots lie off the line; the farthest"),
        (2, 0, "mean what they say: 2 of 2"),
        (2, 1, "1 of 2 dots lie off the line; the farthest"),
        (3, 1, "1 of 3 dots lie off the line, the farthest by 20 points. With so few dots chance"),
        (3, 2, "2 of 3 dots lie off the line; the farthest"),
        (9, 1, "it cannot be told whether the chances mean what they say"),
    ],
)
def test_how_many_dots_may_lie_off_the_line(dots: int, outside: int, words: str) -> None:
    """As many as chance alone puts there: half a dot of ten, a tenth of a dot of two."""
    table = pd.DataFrame({"customers": [30] * dots})
    found = Reliability(table, 0.2, outside)
    assert found.p_value == pytest.approx(binom.sf(outside - 1, dots, 0.05))
    assert words in reliability_sentence(found)


def test_caption_counts_the_customers_of_a_dot() -> None:
    found = reliability(holdout(95, truth=MODEL), MODEL, holdout_days=182)
    assert len(found.table) < 10
    caption = reliability_chart(found, holdout_days=182).caption
    sizes = found.table["customers"]
    assert f"a group of {sizes.min()} to {sizes.max()} customers" in caption


def test_chance_to_buy_again_by_hand() -> None:
    """Nobody leaves: 1 - ((alpha + T) / (alpha + T + t)) ** (r + x)."""
    stays = MODEL._replace(r=1.0, alpha=2.0, a=1e-9, b=1.0)
    found = active_probability(stays, np.array([1]), np.array([7]), np.array([14]), horizon_days=28)
    assert found[0] == pytest.approx(1 - (4 / 8) ** 2)


def test_few_customers_are_not_judged() -> None:
    rows = holdout(50, truth=MODEL)
    assert reliability(rows, MODEL, holdout_days=182) is None
    assert "too few customers" in reliability_sentence(None)
