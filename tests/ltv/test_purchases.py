"""BG/NBD against published fits, published customers, lifetimes, quadrature and planted truth."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta as beta_distribution

from analysis.errors import DataError, ParameterError
from analysis.ltv.fitters import lifetimes, quiet_fit
from analysis.ltv.purchases import (
    PurchaseModel,
    PurchaseModelKind,
    alive_probability,
    expected_if_alive,
    expected_new,
    expected_purchases,
    fit_purchases,
)
from analysis.shop import open_shop

# Fader, Hardie & Lee (2005) on the CDNOW sample, to the digits that a second public fit prints.
PUBLISHED = PurchaseModel(
    r=0.2425945,
    alpha=4.4136019,
    a=0.7929199,
    b=2.4258881,
    log_likelihood=-9582.429,
    log_covariance=np.zeros((4, 4)),
    customers=2357,
    repeat_customers=946,
    rows=0,
)


def test_published_fit_of_the_cdnow_sample(samples: Path) -> None:
    model = fit_purchases(open_shop("cdnow_sample", as_of="1997-09-30").reduce("btyd_cells"))
    assert (model.customers, model.repeat_customers) == (2357, 946)
    assert [round(value, 3) for value in model[:4]] == [0.243, 4.414, 0.793, 2.426]
    assert model[:4] == pytest.approx(PUBLISHED[:4], rel=1e-5)
    assert model.log_likelihood == pytest.approx(-9582.429, abs=5e-4)


def test_fit_of_the_cdnow_master(samples: Path) -> None:
    model = fit_purchases(open_shop("cdnow", as_of="1997-09-30").reduce("btyd_cells"))
    assert [round(value, 4) for value in model[:4]] == [0.2516, 4.7889, 0.7234, 2.1611]
    assert model.log_likelihood == pytest.approx(-95368.444, abs=5e-4)
    assert (model.customers, model.rows) == (23_570, 8_685)


def test_published_fit_of_the_modified_model(samples: Path) -> None:
    """BTYDplus prints .525, 6.183, .891, 1.614 for the sample; on the master it fits best."""
    sample = open_shop("cdnow_sample", as_of="1997-09-30").reduce("btyd_cells")
    model = fit_purchases(sample, kind="mbg_nbd")
    assert [round(value, 3) for value in model[:4]] == [0.525, 6.183, 0.891, 1.614]
    assert model.log_likelihood == pytest.approx(-9582.136, abs=5e-4)
    cells = open_shop("cdnow", as_of="1997-09-30").reduce("btyd_cells")
    modified, plain = fit_purchases(cells, kind="mbg_nbd"), fit_purchases(cells)
    assert [round(value, 4) for value in modified[:4]] == [0.6371, 7.3103, 0.8075, 1.2284]
    assert modified.log_likelihood == pytest.approx(-95336.958, abs=5e-4)
    assert modified.aic == pytest.approx(2 * 95336.958 + 8, abs=1e-3)
    assert modified.aic < plain.aic


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd"])
@pytest.mark.parametrize("name", ["cdnow_sample", "cdnow", "groceries", "demo"])
def test_likelihood_is_never_below_that_of_lifetimes(
    samples: Path, name: str, kind: PurchaseModelKind
) -> None:
    cells = open_shop(name).reduce("btyd_cells")
    model = fit_purchases(cells, kind=kind)
    fitter = lifetimes_like(model)
    try:
        with quiet_fit():
            fitter.fit(
                cells["frequency"],
                cells["recency_days"] / 7,
                cells["age_days"] / 7,
                weights=cells["customers"],
            )
    except lifetimes.utils.ConvergenceError:
        return
    reference = -fitter._negative_log_likelihood_ * model.customers + np.log(fitter._scale) * (
        cells["frequency"] @ cells["customers"]
    )
    assert model.log_likelihood >= reference - 1e-6


@pytest.mark.parametrize(
    ("name", "kind", "error_share"),
    [
        ("cdnow_sample", "bg_nbd", -0.0411),
        ("cdnow_sample", "mbg_nbd", -0.0666),
        ("cdnow", "bg_nbd", -0.0618),
        ("cdnow", "mbg_nbd", -0.0917),
    ],
)
def test_known_error_of_the_running_total_in_week_78(
    samples: Path, name: str, kind: PurchaseModelKind, error_share: float
) -> None:
    shop, cut = open_shop(name), date(1997, 9, 30)
    model = fit_purchases(shop.reduce("btyd_cells", as_of=cut), kind=kind)
    by_day = shop.reduce("purchases_by_day", acquired_by=cut).set_index("day")
    days = pd.date_range(shop.first_day, shop.as_of)
    by_day = by_day.reindex(days, fill_value=0)
    left = (days[-1] - days).days
    expected = by_day["cohort_new_customers"] @ expected_new(model, left)
    actual = by_day["cohort_repeat_purchases"].sum()
    assert expected / actual - 1 == pytest.approx(error_share, abs=5e-5)


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd"])
def test_planted_parameters_lie_within_three_standard_errors(
    simulate_histories: Callable, kind: PurchaseModelKind
) -> None:
    planted = np.log([0.6, 6.0, 0.8, 2.5])
    distances = []
    for seed in range(12):
        histories = simulate_histories(
            customers=3000,
            days=728,
            r=0.6,
            alpha_weeks=6.0,
            a=0.8,
            b=2.5,
            first_may_be_last=kind == "mbg_nbd",
            seed=seed,
        )
        model = fit_purchases(histories, kind=kind)
        errors = np.sqrt(model.log_covariance.diagonal())
        distances.append((np.log(model[:4]) - planted) / errors)
    # Of 48 normal distances, more than one beyond 3 has a chance of 1 in 130.
    assert (np.abs(distances) > 3).sum() <= 1, distances
    assert (np.abs(np.mean(distances, axis=0)) < 3 / np.sqrt(12)).all(), np.mean(distances, axis=0)


def test_published_standard_errors(samples: Path) -> None:
    model = fit_purchases(open_shop("cdnow_sample", as_of="1997-09-30").reduce("btyd_cells"))
    errors = np.sqrt(model.log_covariance.diagonal()) * model[:4]
    assert [round(error, digits) for error, digits in zip(errors, (4, 3, 3, 3), strict=True)] == [
        0.0126,
        0.378,
        0.186,
        0.705,
    ]


def test_covariance_is_right_where_that_of_lifetimes_is_wrong(samples: Path) -> None:
    cells = open_shop("cdnow_sample", as_of="1997-09-30").reduce("btyd_cells")
    model = fit_purchases(cells)
    assert np.allclose(model.log_covariance, model.log_covariance.T, rtol=1e-6)
    assert np.linalg.eigvalsh(model.log_covariance).min() > 0
    assert model.log_covariance[0, 1] * model.r * model.alpha == pytest.approx(0.00371, abs=1e-5)
    fitter = lifetimes.BetaGeoFitter()
    with quiet_fit():
        fitter.fit(
            cells["frequency"],
            cells["recency_days"] / 7,
            cells["age_days"] / 7,
            weights=cells["customers"],
        )
    popular = fitter.variance_matrix_.to_numpy()
    assert not np.allclose(popular, popular.T, rtol=0.1), "lifetimes has mended its matrix"


def test_counted_rows_give_the_maximum_of_raw_rows(samples: Path) -> None:
    shop = open_shop("cdnow_sample")
    counted = fit_purchases(shop.reduce("btyd_cells"))
    raw = fit_purchases(shop.reduce("btyd_summary").assign(customers=1))
    assert counted.log_likelihood == pytest.approx(raw.log_likelihood, rel=1e-9)
    assert counted[:4] == pytest.approx(raw[:4], rel=1e-3)
    assert counted.rows < raw.rows


@pytest.mark.parametrize(
    ("frequency", "recency_weeks", "chance", "purchases"),
    [(2, 30.43, 0.73, 1.23), (7, 29.43, 0.64, 3.34)],
)
def test_published_customers(
    frequency: int, recency_weeks: float, chance: float, purchases: float
) -> None:
    history = (frequency, recency_weeks * 7, 38.86 * 7)
    assert alive_probability(PUBLISHED, *history).round(2) == chance
    assert expected_purchases(PUBLISHED, *history, horizon_days=39 * 7).round(2) == purchases


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd"])
def test_expectations_equal_lifetimes_where_lifetimes_has_them(
    samples: Path, kind: PurchaseModelKind
) -> None:
    cells = open_shop("cdnow").reduce("btyd_cells")
    model = fit_purchases(cells, kind=kind)
    fitter = lifetimes_like(model)
    history = (cells["frequency"], cells["recency_days"], cells["age_days"])
    weeks = (cells["frequency"], cells["recency_days"] / 7, cells["age_days"] / 7)
    assert np.allclose(
        expected_purchases(model, *history, horizon_days=365),
        fitter.conditional_expected_number_of_purchases_up_to_time(365 / 7, *weeks),
        rtol=1e-10,
    )
    assert np.allclose(
        alive_probability(model, *history),
        fitter.conditional_probability_alive(*weeks),
        rtol=1e-12,
    )
    days = np.array([1, 30, 365, 1825])
    assert np.allclose(
        expected_new(model, days),
        fitter.expected_number_of_purchases_up_to_time(days / 7),
        rtol=1e-11,
    )


def lifetimes_like(model: PurchaseModel):
    """Return lifetimes' own fitter with the parameters of a model."""
    modified = model.kind == "mbg_nbd"
    fitter = lifetimes.ModifiedBetaGeoFitter() if modified else lifetimes.BetaGeoFitter()
    fitter.params_ = pd.Series(model[:4], index=["r", "alpha", "a", "b"])
    return fitter


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.5), (1.0, 2.0), (0.4, 0.6)])
def test_expectations_exist_where_the_closed_form_has_poles(a: float, b: float) -> None:
    """With a + b <= 1 or a = 1 the closed form gives one-time buyers no number."""
    model = PUBLISHED._replace(a=a, b=b)
    fitter = lifetimes.BetaGeoFitter()
    fitter.params_ = pd.Series({"r": model.r, "alpha": model.alpha, "a": a, "b": b})
    with quiet_fit(), np.errstate(all="ignore"):
        popular = fitter.conditional_expected_number_of_purchases_up_to_time(104, 0, 0, 10)
    assert not np.isfinite(popular)
    ours = float(expected_if_alive(model, 0, 70, 728))
    assert ours == pytest.approx(by_quadrature(model, 0, 70, 728), rel=1e-8)


def by_quadrature(model: PurchaseModel, frequency: int, age_days: float, days: float) -> float:
    odds = days / 7 / (model.alpha + age_days / 7)
    leaving = beta_distribution(model.a, model.b + frequency)

    def bought(quantile: float) -> float:
        p = max(leaving.ppf(quantile), 1e-300)
        return -np.expm1(-(model.r + frequency) * np.log1p(odds * p)) / p

    return quad(bought, 0, 1, epsabs=1e-12, epsrel=1e-10, limit=500)[0]


@settings(max_examples=60, deadline=None)
@given(
    r=st.floats(0.05, 5),
    alpha=st.floats(0.5, 60),
    a=st.floats(0.02, 20),
    b=st.floats(0.05, 300),
    frequency=st.integers(0, 300),
    age_days=st.integers(0, 3000),
    horizon_days=st.integers(1, 1825),
)
def test_expected_purchases_are_sane(r, alpha, a, b, frequency, age_days, horizon_days) -> None:
    model = PUBLISHED._replace(r=r, alpha=alpha, a=a, b=b)
    recency = age_days // 2 if frequency else 0
    near = expected_purchases(model, frequency, recency, age_days, horizon_days=horizon_days)
    far = expected_purchases(model, frequency, recency, age_days, horizon_days=horizon_days + 30)
    without_leaving = (r + frequency) * horizon_days / (7 * alpha + age_days)
    assert np.isfinite(near)
    assert 0 <= near <= without_leaving * (1 + 1e-9)
    assert near <= far * (1 + 1e-9)
    assert 0 <= alive_probability(model, frequency, recency, age_days) <= 1


@settings(max_examples=8, deadline=None)
@given(
    a=st.floats(0.1, 5),
    b=st.floats(0.2, 50),
    frequency=st.integers(0, 40),
    age_days=st.integers(0, 700),
    horizon_days=st.integers(1, 1000),
)
def test_expectation_equals_the_integral(a, b, frequency, age_days, horizon_days) -> None:
    model = PUBLISHED._replace(a=a, b=b)
    ours = float(expected_if_alive(model, frequency, age_days, horizon_days))
    assert ours == pytest.approx(by_quadrature(model, frequency, age_days, horizon_days), rel=1e-6)


def test_planted_parameters_are_recovered(
    home: Path, make_shop: Callable, simulate_purchases: Callable
) -> None:
    planted = np.log([0.6, 6.0, 0.8, 2.5])
    for seed in range(3):
        make_shop("planted", simulate_purchases(customers=4000, days=728, seed=seed))
        model = fit_purchases(open_shop("planted").reduce("btyd_cells"))
        distance = np.log(model[:4]) - planted
        assert distance @ np.linalg.solve(model.log_covariance, distance) < 20, seed


def test_one_time_buyers_are_never_said_to_have_left() -> None:
    assert (alive_probability(PUBLISHED, [0, 0], [0, 0], [1, 5000]) == 1).all()


def test_too_few_repeat_customers_are_refused() -> None:
    cells = pd.DataFrame(
        {"frequency": [0, 1], "recency_days": [0, 5], "age_days": [9, 9], "customers": [900, 29]}
    )
    with pytest.raises(DataError, match="29 of 929 customers bought on more than one day, must be"):
        fit_purchases(cells)


def test_customers_of_today_alone_are_refused() -> None:
    cells = pd.DataFrame(
        {"frequency": [1], "recency_days": [0], "age_days": [0], "customers": [100]}
    )
    with pytest.raises(DataError, match="age_days is 0 for all customers"):
        fit_purchases(cells)


def test_only_two_kinds_of_model_exist() -> None:
    with pytest.raises(ParameterError, match="kind == 'pareto_nbd', must be 'bg_nbd' or 'mbg_nbd'"):
        fit_purchases(pd.DataFrame(), kind="pareto_nbd")


@pytest.mark.parametrize("horizon_days", [0, -5])
def test_horizon_must_be_positive(horizon_days: int) -> None:
    with pytest.raises(ParameterError, match=f"horizon_days == {horizon_days}, must be >= 1"):
        expected_purchases(PUBLISHED, 0, 0, 0, horizon_days=horizon_days)


def test_fits_leave_no_trace_in_the_process(
    samples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import warnings

    before = list(warnings.filters)
    fit_purchases(open_shop("groceries", as_of=f"{date(2017, 7, 2)}").reduce("btyd_cells"))
    assert warnings.filters == before
    assert capsys.readouterr() == ("", "")
