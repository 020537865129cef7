"""Predictions per customer: consistent, equal to those of lifetimes, with exact errors."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ParameterError
from analysis.ltv.activity import standing
from analysis.ltv.fitters import lifetimes
from analysis.ltv.predictive import outlook
from analysis.ltv.purchases import (
    PurchaseModel,
    PurchaseModelKind,
    expected_purchases,
    fit_purchases,
)
from analysis.ltv.scoring import lifetime_value, score
from analysis.ltv.spend import SpendModel, expected_spend, fit_spend
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


def test_same_seed_same_interval(samples: Path) -> None:
    first = predict(open_shop("cdnow_sample"), horizon_days=90, draws=20)[1]
    again = predict(open_shop("cdnow_sample"), horizon_days=90, draws=20)[1]
    other = predict(open_shop("cdnow_sample"), horizon_days=90, draws=20, seed=2)[1]
    assert first == again
    assert first["total"].value_minor == other["total"].value_minor
    assert first["total"].value_minor_low != other["total"].value_minor_low


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


SUMMARY = pd.DataFrame(
    {
        "frequency": [0, 0, 1, 2, 7, 40, 3],
        "recency_days": [0, 0, 30, 213, 206, 700, 5],
        "age_days": [0, 700, 272, 272, 272, 720, 700],
        "repeat_amount_minor": [0, 0, 2500, 4100, 42_000, 99_000, 0],
    }
)


def cdnow_models(kind: PurchaseModelKind = "bg_nbd") -> tuple[PurchaseModel, SpendModel]:
    shop = open_shop("cdnow_sample", as_of="1997-09-30")
    return fit_purchases(shop.reduce("btyd_cells"), kind=kind), fit_spend(
        shop.reduce("spend_cells")
    )


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd"])
def test_lifetime_value_is_that_of_lifetimes(samples: Path, kind: PurchaseModelKind) -> None:
    """lifetimes counts months of 30 days and a discount per month; so do we if told to."""
    purchases, spend = cdnow_models(kind)
    modified = kind == "mbg_nbd"
    theirs = lifetimes.ModifiedBetaGeoFitter() if modified else lifetimes.BetaGeoFitter()
    names = ["r", "alpha", "a", "b"]
    theirs.params_ = pd.Series(purchases[:4], index=names) * [1, 7, 1, 1]
    theirs.predict = theirs.conditional_expected_number_of_purchases_up_to_time
    money = lifetimes.GammaGammaFitter()
    money.params_ = pd.Series(spend[:3], index=["p", "q", "v"])
    mean = SUMMARY["repeat_amount_minor"] / SUMMARY["frequency"].clip(lower=1)
    reference = money.customer_lifetime_value(
        theirs,
        SUMMARY["frequency"],
        SUMMARY["recency_days"],
        SUMMARY["age_days"],
        mean,
        time=12,
        discount_rate=0.01,
        freq="D",
    )
    options = {
        "horizon_days": 360,
        "annual_discount_rate": 1.01**12 - 1,
        "month_days": 30,
        "margin_share": 0.4,
    }
    ours = lifetime_value(SUMMARY, purchases, spend, **options)
    assert np.allclose(ours, 0.4 * reference, rtol=1e-11)
    scored = score(SUMMARY, purchases, spend, **options)
    assert np.allclose(scored["lifetime_value_minor"], ours, rtol=1e-13)


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd"])
def test_standard_errors_are_those_of_the_delta_method(
    samples: Path, kind: PurchaseModelKind
) -> None:
    purchases, spend = cdnow_models(kind)
    options = {"horizon_days": 365, "annual_discount_rate": 0.1, "margin_share": 0.3}

    def log_value(point: np.ndarray) -> np.ndarray:
        r, alpha, a, b, p, q, v_minor = np.exp(point)
        moved = purchases._replace(r=r, alpha=alpha, a=a, b=b)
        return np.log(
            lifetime_value(SUMMARY, moved, spend._replace(p=p, q=q, v_minor=v_minor), **options)
        )

    center = np.log([*purchases[:4], *spend[:3]])
    slopes = np.array(
        [(log_value(center + step) - log_value(center - step)) / 2e-5 for step in np.eye(7) * 1e-5]
    )
    covariance = np.zeros((7, 7))
    covariance[:4, :4], covariance[4:, 4:] = purchases.log_covariance, spend.log_covariance
    expected = np.sqrt(np.einsum("in,ij,jn->n", slopes, covariance, slopes))
    scored = score(SUMMARY, purchases, spend, **options)
    relative = scored["lifetime_value_se_minor"] / scored["lifetime_value_minor"]
    assert np.allclose(relative, expected, rtol=1e-6)


def test_standard_errors_say_how_far_estimates_lie_from_the_truth(
    simulate_histories: Callable,
) -> None:
    """Over simulated shops, the value of a customer under the estimates is within two errors."""
    truth = {"r": 0.6, "alpha": 6.0, "a": 0.8, "b": 2.5}
    within = []
    for seed in range(40):
        histories = simulate_histories(
            customers=1500, days=500, r=0.6, alpha_weeks=6.0, a=0.8, b=2.5, seed=seed
        )
        purchases = fit_purchases(histories)
        spend = fit_spend(histories[histories["frequency"] > 0])
        scored = score(SUMMARY, purchases, spend, horizon_days=365)
        true_spend = spend._replace(p=6.2, q=3.7, v_minor=1540)
        true_value = lifetime_value(
            SUMMARY, purchases._replace(**truth), true_spend, horizon_days=365
        )
        distance = scored["lifetime_value_minor"] - true_value
        within.append(distance.abs() < 1.959964 * scored["lifetime_value_se_minor"])
    share = np.mean(within, axis=0)
    # 40 draws with a chance of 0.95 fall below 33 once in 10,000.
    assert (share >= 33 / 40).all(), share


def test_discount_and_margin_only_take_away(samples: Path) -> None:
    purchases, spend = cdnow_models()
    plain = score(SUMMARY, purchases, spend, horizon_days=400)
    assert np.allclose(plain["lifetime_value_minor"], plain["expected_value_minor"], rtol=1e-12)
    dear = lifetime_value(SUMMARY, purchases, spend, horizon_days=400, annual_discount_rate=0.1)
    assert (dear < plain["lifetime_value_minor"]).all()
    assert (dear > plain["lifetime_value_minor"] / 1.1 ** (14 / 12)).all()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"margin_share": 0.0}, "margin_share == 0.0, must be above 0 and at most 1"),
        ({"margin_share": 1.2}, "margin_share == 1.2, must be above 0"),
        ({"annual_discount_rate": -0.1}, "annual_discount_rate == -0.1, must be >= 0"),
    ],
)
def test_impossible_worth_is_refused(samples: Path, options: dict, sentence: str) -> None:
    with pytest.raises(ParameterError, match=sentence):
        score(SUMMARY, *cdnow_models(), horizon_days=365, **options)


def test_fractions_of_days_and_sparse_keys_score_alike(samples: Path) -> None:
    """Pairs too far apart for a table are found by hashing."""
    purchases, spend = cdnow_models()
    far = pd.concat([SUMMARY, SUMMARY.tail(1).assign(frequency=5000, age_days=9000)])
    near = score(SUMMARY, purchases, spend, horizon_days=90)
    both = score(far, purchases, spend, horizon_days=90).head(len(SUMMARY))
    assert np.allclose(near["lifetime_value_minor"], both["lifetime_value_minor"], rtol=1e-12)
