"""Intervals of groups of customers: the mean of the draws is exact, and they cover what happens."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.ltv.activity import BOUGHT_ONCE, REPEATERS
from analysis.ltv.answers import headline
from analysis.ltv.one_off import read_one_off
from analysis.ltv.predictive import draw_totals, outlook
from analysis.ltv.purchases import PurchaseModel, PurchaseModelKind, fit_purchases
from analysis.ltv.scoring import score
from analysis.ltv.spend import SpendModel, fit_spend
from analysis.shop import open_shop

HORIZON_DAYS = 365
# The customers of CDNOW joined within 12 weeks and were watched for 39.
CDNOW = {"r": 0.2426, "alpha_weeks": 4.414, "a": 0.793, "b": 2.426}


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd"])
def test_draws_agree_with_the_exact_expectations(samples: Path, kind: PurchaseModelKind) -> None:
    """The interval is centered on the closed form, so the draws must have the same mean."""
    shop = open_shop("cdnow_sample")
    purchases = fit_purchases(shop.reduce("btyd_cells"), kind=kind)
    spend = fit_spend(shop.reduce("spend_cells"))
    scored = score(
        shop.reduce("btyd_summary"),
        purchases,
        spend,
        horizon_days=HORIZON_DAYS,
        margin_share=0.4,
        annual_discount_rate=0.1,
    )
    drawn = draw_totals(
        scored,
        np.zeros(len(scored), dtype=int),
        1,
        purchases._replace(log_covariance=np.zeros((4, 4))),
        spend._replace(log_covariance=np.zeros((3, 3))),
        horizon_days=HORIZON_DAYS,
        rng=np.random.default_rng(5),
        draws=300,
    )[:, :, 0]
    columns = ["alive_probability", "expected_purchases", "expected_value_minor"]
    exact = scored[[*columns, "lifetime_value_minor"]].sum()
    standard_error = drawn.std(axis=1, ddof=1) / np.sqrt(300)
    if kind == "bg_nbd":
        assert drawn[0].min() < exact.iloc[0] < drawn[0].max()
    assert (np.abs(drawn.mean(axis=1) - exact) < 4 * standard_error).all()


def test_groups_by_any_division_add_up(samples: Path) -> None:
    shop = open_shop("cdnow_sample")
    purchases = fit_purchases(shop.reduce("btyd_cells"))
    spend = fit_spend(shop.reduce("spend_cells"))
    scored = score(shop.reduce("btyd_summary"), purchases, spend, horizon_days=90)
    by_month = pd.Series(pd.to_datetime(scored["first_day"]).dt.strftime("%B"))
    parts = outlook(scored, purchases, spend, horizon_days=90, groups=by_month, draws=50)
    assert list(parts) == ["February", "January", "March", "total"]
    total = parts.pop("total")
    for field in ("customers", "alive", "purchases", "value_minor", "lifetime_value_minor"):
        whole = sum(getattr(part, field) for part in parts.values())
        assert getattr(total, field) == pytest.approx(whole)
    for part in (*parts.values(), total):
        assert 0 <= part.alive_low <= part.alive <= part.alive_high <= part.customers
        assert part.lifetime_value_minor_low < part.lifetime_value_minor
        assert part.lifetime_value_minor < part.lifetime_value_minor_high


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd"])
def test_repeat_customers_have_an_interval_of_their_own(
    samples: Path, kind: PurchaseModelKind
) -> None:
    """Under MBG/NBD one-time buyers may have left: repeat customers are not all less these."""
    one_off = read_one_off(
        open_shop("cdnow_sample"),
        horizon_days=90,
        kind=kind,
        margin_share=None,
        annual_discount_rate=0.1,
    )
    repeaters, once = one_off.outlook[REPEATERS], one_off.outlook[BOUGHT_ONCE]
    total = one_off.outlook["total"]
    bought_again = one_off.scored["frequency"] > 0
    assert repeaters.customers == bought_again.sum()
    assert repeaters.alive == pytest.approx(
        one_off.scored.loc[bought_again, "alive_probability"].sum()
    )
    assert 0 < repeaters.alive_low < repeaters.alive < repeaters.alive_high < repeaters.customers
    if kind == "bg_nbd":
        assert (once.alive, once.alive_low) == (once.customers, once.customers)
        assert repeaters.alive_low == pytest.approx(total.alive_low - once.customers)
    else:
        assert total.alive - once.customers < 0, "who has not left is fewer than bought once"
    (alive,) = [
        metric
        for metric in headline(None, one_off.outlook, None, horizon_days=90, currency="USD")
        if metric.name == "alive_repeat_customers"
    ]
    assert (alive.value, alive.low, alive.high, alive.n) == (
        repeaters.alive, repeaters.alive_low, repeaters.alive_high, repeaters.customers,
    )  # fmt: skip


def coverage(
    simulate_histories: Callable,
    kind: PurchaseModelKind,
    *,
    shops: range,
    customers: int,
    compare: bool,
    horizon_days: int = HORIZON_DAYS,
) -> tuple[float, float]:
    """Return how often real purchases lie within the interval, and within that of the mean alone.

    The second is what the popular intervals are: how well the expectation is known, with no regard
    to what customers then do.
    """
    covered, by_parameters_alone = 0, 0
    for seed in shops:
        histories = simulate_histories(
            customers=customers,
            days=273,
            joining_days=84,
            horizon_days=horizon_days,
            first_may_be_last=kind == "mbg_nbd",
            seed=seed,
            **CDNOW,
        )
        purchases = fit_purchases(histories, kind=kind)
        spend = fit_spend(histories[histories["frequency"] > 0])
        scored = score(histories, purchases, spend, horizon_days=horizon_days)
        groups = pd.Series("all", index=scored.index)
        total = outlook(
            scored, purchases, spend, horizon_days=horizon_days, groups=groups, seed=seed
        )["total"]
        actual = histories["holdout_frequency"].sum()
        covered += total.purchases_low <= actual <= total.purchases_high
        if compare:
            error = error_of_the_mean(histories, purchases, spend, horizon_days=horizon_days)
            by_parameters_alone += abs(actual - total.purchases) <= 1.959964 * error
    return covered / len(shops), by_parameters_alone / len(shops)


def error_of_the_mean(
    histories: pd.DataFrame, purchases: PurchaseModel, spend: SpendModel, *, horizon_days: int
) -> float:
    """Return the standard error of expected purchases of all, by differences of the total."""

    def total(point: np.ndarray) -> float:
        r, alpha, a, b = np.exp(point)
        moved = purchases._replace(r=r, alpha=alpha, a=a, b=b)
        return score(histories, moved, spend, horizon_days=horizon_days)["expected_purchases"].sum()

    center = np.log(purchases[:4])
    slopes = np.array(
        [(total(center + step) - total(center - step)) / 2e-4 for step in np.eye(4) * 1e-4]
    )
    return float(np.sqrt(slopes @ purchases.log_covariance @ slopes))


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd"])
def test_intervals_cover_what_happens_in_a_few_shops(
    simulate_histories: Callable, kind: PurchaseModelKind
) -> None:
    # Of 10 shops, 6 or fewer covered has a chance of 1 in 1,000 if intervals are what they say.
    share, _ = coverage(
        simulate_histories, kind, shops=range(1000, 1010), customers=400, compare=False
    )
    assert share >= 0.7


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "horizon_days"), [("bg_nbd", 365), ("mbg_nbd", 365), ("bg_nbd", 90)]
)
def test_intervals_cover_what_happens(
    simulate_histories: Callable, kind: PurchaseModelKind, horizon_days: int
) -> None:
    share, by_parameters_alone = coverage(
        simulate_histories,
        kind,
        shops=range(200),
        customers=1000,
        compare=True,
        horizon_days=horizon_days,
    )
    assert 0.92 <= share <= 0.98, f"predictive 95% intervals cover {share:.1%} of 200 shops"
    assert by_parameters_alone < share, f"parameters alone cover {by_parameters_alone:.1%}"
    if horizon_days == 90:
        assert by_parameters_alone < 0.85, f"parameters alone cover {by_parameters_alone:.1%}"
