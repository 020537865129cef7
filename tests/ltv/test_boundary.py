"""Shops that cannot tell their customers apart: fitted, named, and said in words."""

from collections.abc import Callable
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from analysis.ltv.boundary import (
    Boundary,
    boundary_sentence,
    purchase_boundaries,
    spend_boundaries,
    unidentified,
)
from analysis.ltv.fitters import BetaGeoFitter
from analysis.ltv.purchases import alive_probability, expected_purchases, fit_purchases
from analysis.ltv.spend import fit_spend


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ([0.24, 4.4, 0.79, 2.4], ()),
        ([2e4, 9e4, 0.79, 2.4], ("one_rate",)),
        ([5e-4, 4.4, 0.79, 2.4], ("few_rates",)),
        ([0.24, 4.4, 1e-6, 1.0], ("nobody_leaves",)),
        ([0.24, 4.4, 1.0, 1e8], ("nobody_leaves",)),
        ([0.24, 4.4, 1.0, 1e-6], ("everybody_leaves",)),
        ([0.24, 4.4, 1e5, 8e5], ("one_chance_of_leaving",)),
        ([0.24, 4.4, 1e-4, 3e-4], ("leave_at_once_or_never",)),
        ([2e4, 9e4, 1e5, 8e5], ("one_rate", "one_chance_of_leaving")),
    ],
)
def test_edges_of_purchase_models(parameters: list[float], names: tuple[str, ...]) -> None:
    assert purchase_boundaries(parameters) == names


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ([6, 3.7, 15], ()),
        ([2e3, 3.7, 15], ("own_amount_is_fixed",)),
        ([6, 2e4, 15], ("one_mean_amount",)),
        ([6, 0.9, 15], ("no_mean_amount",)),
    ],
)
def test_edges_of_spend_models(parameters: list[float], names: tuple[str, ...]) -> None:
    assert spend_boundaries(parameters) == names


def test_every_edge_has_its_own_sentence() -> None:
    sentences = {boundary_sentence(name) for name in get_args(Boundary)}
    assert len(sentences) == len(get_args(Boundary))
    for name in get_args(Boundary):
        assert unidentified((name,), ["r", "alpha", "a", "b", "p", "q", "v"]).any() == (
            name != "no_mean_amount"
        )


def test_shop_that_nobody_leaves(simulate_histories: Callable) -> None:
    """The likelihood is highest at p = 0, where other fitters stop with an error or say nothing."""
    histories = simulate_histories(customers=800, days=365, r=1.5, a=1e-6, b=1.0, seed=1)
    model = fit_purchases(histories)
    assert model.boundary == ("nobody_leaves",)
    assert (model.log_covariance[2:] == 0).all()
    assert (model.log_covariance.diagonal()[:2] > 0).all()
    silent = alive_probability(model, 3, 10, 300)
    assert silent > 0.99
    assert "shows nobody leaving" in boundary_sentence(model.boundary[0])


def test_shop_with_one_chance_of_leaving(simulate_histories: Callable) -> None:
    histories = simulate_histories(
        customers=1500, days=365, r=1.5, a=0.2e6, b=0.8e6, alpha_weeks=3, seed=4
    )
    model = fit_purchases(histories)
    assert model.boundary == ("one_chance_of_leaving",)
    assert model.a / (model.a + model.b) == pytest.approx(0.2, abs=0.02)
    error = np.sqrt(model.log_covariance[2, 2])
    assert abs(np.log(model.a / model.b / 0.25)) < 4 * error
    expected = expected_purchases(model, [0, 1, 9], [0, 90, 350], [9, 99, 360], horizon_days=365)
    assert np.isfinite(expected).all()


def test_fitters_give_no_error_for_what_cannot_be_told(simulate_histories: Callable) -> None:
    histories = simulate_histories(customers=800, days=365, r=1.5, a=1e-6, b=1.0, seed=1)
    fitter = BetaGeoFitter().fit(
        histories["frequency"], histories["recency_days"] / 7, histories["age_days"] / 7
    )
    assert fitter.boundary_ == ("nobody_leaves",)
    assert fitter.standard_errors_[["a", "b"]].isna().all()
    assert fitter.standard_errors_[["r", "alpha"]].notna().all()


def test_amounts_that_never_change_are_named() -> None:
    """Means spread as much after five purchases as after one, so no amount varies by itself."""
    own = np.rint(np.exp(np.random.default_rng(4).normal(8, 0.4, 100)))
    frequency = np.repeat(np.arange(1, 6), 100)
    amount = (frequency * np.tile(own, 5)).astype("int64")
    cells = pd.DataFrame({"frequency": frequency, "repeat_amount_minor": amount, "customers": 1})
    model = fit_spend(cells)
    assert model.boundary == ("own_amount_is_fixed",)
    assert np.isfinite(model.log_covariance).all()
