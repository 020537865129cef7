"""Predictions per customer and in total: consistent, and intervals that cover what happens."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ParameterError
from analysis.ltv.activity import standing
from analysis.ltv.purchases import expected_purchases, fit_purchases
from analysis.ltv.predictive import draw_totals, outlook
from analysis.ltv.scoring import score
from analysis.ltv.spend import expected_spend, fit_spend
from analysis.shop import Shop, open_shop


def predict(shop: Shop, *, horizon_days: int, as_of: date | None = None, **options):
    cut = {"as_of": as_of or shop.as_of}
    purchases = fit_purchases(shop.reduce("btyd_cells", **cut))
    spend = fit_spend(shop.reduce("spend_cells", **cut))
    summary = shop.reduce("btyd_summary", **cut)
    scored = score(summary, purchases, spend, horizon_days=horizon_days)
    groups = outlook(
        scored,
        purchases,
        spend,
        horizon_days=horizon_days,
        groups=standing(scored),
        **options,
    )
    return scored, groups, purchases, spend


def test_groups_add_up_to_the_total(samples: Path) -> None:
    scored, groups, purchases, spend = predict(open_shop("cdnow_sample"), horizon_days=365)
    total = groups.pop("total")
    for field in ("customers", "alive", "purchases", "value_minor"):
        parts = sum(getattr(group, field) for group in groups.values())
        assert getattr(total, field) == pytest.approx(parts)
    assert total.customers == len(scored)
    by_hand = expected_purchases(
        purchases,
        scored["frequency"],
        scored["recency_days"],
        scored["age_days"],
        horizon_days=365,
    ) * expected_spend(spend, scored["frequency"], scored["repeat_amount_minor"])
    assert total.value_minor == pytest.approx(by_hand.sum())
    assert np.allclose(scored["expected_value_minor"], by_hand)
    assert (scored["expected_value_minor"] <= scored["value_if_alive_minor"]).all()


def test_draws_agree_with_the_exact_expectations(samples: Path) -> None:
    """The interval is centered on the closed form, so the draws must have the same mean."""
    shop = open_shop("cdnow_sample")
    _, groups, _, _ = predict(shop, horizon_days=365, draws=100, seed=3)
    scored, _, purchases, spend = predict(shop, horizon_days=365, draws=2)
    certain = purchases._replace(log_covariance=np.zeros((4, 4)))
    certain_spend = spend._replace(log_covariance=np.zeros((3, 3)))
    drawn = draw_totals(
        scored,
        np.zeros(len(scored), dtype=int),
        1,
        certain,
        certain_spend,
        horizon_days=365,
        rng=np.random.default_rng(5),
        draws=300,
    )[:, :, 0]
    exact = [groups["total"].alive, groups["total"].purchases, groups["total"].value_minor]
    standard_error = drawn.std(axis=1, ddof=1) / np.sqrt(300)
    assert (np.abs(drawn.mean(axis=1) - exact) < 4 * standard_error).all()


def test_same_seed_same_interval(samples: Path) -> None:
    first = predict(open_shop("cdnow_sample"), horizon_days=90, draws=20)[1]
    again = predict(open_shop("cdnow_sample"), horizon_days=90, draws=20)[1]
    other = predict(open_shop("cdnow_sample"), horizon_days=90, draws=20, seed=2)[1]
    assert first == again
    assert first["total"].value_minor == other["total"].value_minor
    assert first["total"].value_minor_low != other["total"].value_minor_low


def covered_shops(
    make_shop: Callable, simulate_purchases: Callable, seeds: range, customers: int
) -> float:
    """Return the share of simulated shops whose real purchases lie within the interval."""
    start, cut = date(2024, 1, 1), date(2024, 9, 30)
    horizon_days = 180
    covered = 0
    for seed in seeds:
        days = (cut - start).days + 1 + horizon_days
        everything = simulate_purchases(customers=customers, days=days, seed=seed)
        make_shop("covered", everything)
        shop = open_shop("covered", as_of=f"{cut + timedelta(days=horizon_days)}")
        scored, groups, _, _ = predict(shop, horizon_days=horizon_days, as_of=cut, seed=seed)
        actual = shop.reduce("btyd_holdout", calibration_end=cut)["holdout_frequency"].sum()
        assert len(scored) == groups["total"].customers
        covered += groups["total"].purchases_low <= actual <= groups["total"].purchases_high
    return covered / len(seeds)


def test_intervals_cover_what_happens_in_a_few_shops(
    home: Path, make_shop: Callable, simulate_purchases: Callable
) -> None:
    # Of 12 shops, 8 or fewer covered has a chance of 1 in 400 if 95% intervals are what they say.
    assert covered_shops(make_shop, simulate_purchases, range(100, 112), 800) >= 9 / 12


@pytest.mark.slow
def test_intervals_cover_what_happens(
    home: Path, make_shop: Callable, simulate_purchases: Callable
) -> None:
    share = covered_shops(make_shop, simulate_purchases, range(200), 1000)
    assert 0.90 <= share <= 0.99, f"predictive 95% intervals cover {share:.1%} of 200 shops"


def test_horizon_must_be_positive(samples: Path) -> None:
    with pytest.raises(ParameterError, match="horizon_days == 0, must be >= 1"):
        predict(open_shop("cdnow_sample"), horizon_days=0)


def test_longer_horizons_are_worth_more(samples: Path) -> None:
    values = [
        predict(open_shop("cdnow_sample"), horizon_days=days, draws=2)[1]["total"].value_minor
        for days in (30, 90, 365, 1825)
    ]
    assert values == sorted(values)
    assert values[0] > 0


def test_single_zero_value_repeater_gets_a_number(samples: Path) -> None:
    scored, _, _, _ = predict(open_shop("cdnow", as_of="1997-09-30"), horizon_days=30, draws=2)
    nothing = scored[(scored["frequency"] > 0) & (scored["repeat_amount_minor"] == 0)]
    assert len(nothing) == 1
    assert np.isfinite(nothing["expected_value_minor"]).all()
    assert isinstance(scored, pd.DataFrame)
