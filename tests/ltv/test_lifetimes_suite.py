"""The cases of lifetimes' own suite, with our classes in place of its own.

From tests/test_estimation.py of lifetimes 0.11: every case of TestBetaGeoFitter,
TestModifiedBetaGammaFitter and TestGammaGammaFitter that speaks of the 0.11.3 interface, restated.
Left out: `iterative_fitting`, which 0.11.3 does not have, and the infinite likelihood at q < 1,
which it turned into a bound.
"""

import itertools
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.ltv.fitters import (
    BetaGeoFitter,
    GammaGammaFitter,
    ModifiedBetaGeoFitter,
    lifetimes,
    quiet_fit,
)

BOTH = pytest.mark.parametrize("fitter_class", [BetaGeoFitter, ModifiedBetaGeoFitter])


@pytest.fixture(scope="module")
def cdnow_customers() -> pd.DataFrame:
    return pd.read_csv(files("lifetimes") / "datasets" / "cdnow_customers_summary.csv", index_col=0)


@pytest.fixture(scope="module")
def cdnow_with_money() -> pd.DataFrame:
    file = files("lifetimes") / "datasets" / "cdnow_customers_summary_with_transactions.csv"
    return pd.read_csv(
        file,
        header=0,
        names=["customer_id", "frequency", "recency", "T", "monetary_value"],
        index_col=0,
    )


def fitted(fitter_class: type, customers: pd.DataFrame, *, penalizer_coef: float = 0.0, **options):
    columns = (customers["frequency"], customers["recency"], customers["T"])
    return fitter_class(penalizer_coef=penalizer_coef).fit(*columns, **options)


@BOTH
def test_sum_of_scalar_inputs_to_negative_log_likelihood_is_equal_to_array(fitter_class) -> None:
    likelihood = fitter_class._negative_log_likelihood
    parameters, weights = np.ones(4), np.ones(2)
    rows = [(1, 2.0, 5.0), (3, 2.0, 6.0)]
    apart = [
        likelihood(parameters, *(np.array([part]) for part in row), weights[:1], 0) for row in rows
    ]
    together = likelihood(
        parameters, *(np.array(part) for part in zip(*rows, strict=True)), weights, 0
    )
    assert sum(apart) == pytest.approx(2 * together, rel=1e-15)


@pytest.mark.parametrize(
    ("fitter_class", "expected"),
    [
        (BetaGeoFitter, [0.243, 4.414, 0.793, 2.426]),
        (ModifiedBetaGeoFitter, [0.525, 6.183, 0.891, 1.614]),
    ],
)
def test_params_out_is_close_to_the_papers(fitter_class, expected, cdnow_customers) -> None:
    fitter = fitted(fitter_class, cdnow_customers)
    assert np.abs(fitter._unload_params("r", "alpha", "a", "b") - np.array(expected)).max() < 5e-4


@pytest.mark.parametrize(
    ("fitter_class", "tolerance"), [(BetaGeoFitter, 0.001), (ModifiedBetaGeoFitter, 0.05)]
)
def test_conditional_expectation_returns_same_value_as_Hardie_excel_sheet(  # noqa: N802
    fitter_class, tolerance, cdnow_customers
) -> None:
    fitter = fitted(fitter_class, cdnow_customers)
    actual = fitter.conditional_expected_number_of_purchases_up_to_time(39, 2, 30.43, 38.86)
    assert abs(1.226 - actual) < tolerance


@pytest.mark.parametrize(
    ("fitter_class", "options"),
    [(BetaGeoFitter, {"abs": 1.5e-3}), (ModifiedBetaGeoFitter, {"rel": 0.05})],
)
def test_expectation_returns_same_value_Hardie_excel_sheet(  # noqa: N802
    fitter_class, options, cdnow_customers
) -> None:
    fitter = fitted(fitter_class, cdnow_customers, tol=1e-6)
    times = np.array([0.1429, 1.0, 3.00, 31.8571, 32.00, 78.00])
    expected = [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576]
    assert fitter.expected_number_of_purchases_up_to_time(times) == pytest.approx(
        np.array(expected), **options
    )


def test_conditional_probability_alive_of_one_time_buyers(cdnow_customers) -> None:
    assert fitted(BetaGeoFitter, cdnow_customers).conditional_probability_alive(0, 1, 1) == 1.0
    modified = fitted(ModifiedBetaGeoFitter, cdnow_customers)
    assert modified.conditional_probability_alive(0, 1, 1) < 1.0


@BOTH
def test_conditional_probability_alive_is_between_0_and_1(fitter_class, cdnow_customers) -> None:
    fitter = fitted(fitter_class, cdnow_customers)
    tens = range(0, 100, 10)
    for frequency, recency, age in itertools.product(tens, tens, tens):
        if age >= recency:
            assert 0 <= fitter.conditional_probability_alive(frequency, recency, age) <= 1


@BOTH
def test_penalizer_term_will_shrink_coefs_to_0(fitter_class, cdnow_customers) -> None:
    free, shrunk, small = (
        fitted(fitter_class, cdnow_customers, penalizer_coef=penalty).params_
        for penalty in (0.0, 0.1, 10)
    )
    if fitter_class is BetaGeoFitter:
        assert (shrunk < free).all()
        assert (small < shrunk).all()
    assert small.sum() < shrunk.sum() < free.sum()


@BOTH
def test_penalized_parameters_are_those_of_lifetimes(fitter_class, cdnow_customers) -> None:
    with quiet_fit():
        theirs = fitted(
            getattr(lifetimes, fitter_class.__name__), cdnow_customers, penalizer_coef=0.1, tol=1e-9
        )
    ours = fitted(fitter_class, cdnow_customers, penalizer_coef=0.1)
    assert ours.params_.to_numpy() == pytest.approx(theirs.params_.to_numpy(), rel=1e-4)
    assert ours._negative_log_likelihood_ <= theirs._negative_log_likelihood_ + 1e-12


@BOTH
def test_conditional_probability_alive_matrix(fitter_class, cdnow_customers) -> None:
    fitter = fitted(fitter_class, cdnow_customers)
    matrix = fitter.conditional_probability_alive_matrix()
    last = int(fitter.data["T"].max())
    for recency, frequency in np.ndindex(*matrix.shape):
        expected = fitter.conditional_probability_alive(frequency, recency, last)
        assert matrix[recency][frequency] == pytest.approx(float(expected[0]), rel=1e-14)


def test_probability_of_n_purchases_up_to_time_same_as_R_BTYD() -> None:  # noqa: N802
    fitter = BetaGeoFitter()
    fitter.params_ = pd.Series({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426})
    chance = fitter.probability_of_n_purchases_up_to_time
    assert abs(chance(2, 10) - 1.07869e-07) < 1e-5
    assert abs(chance(39, 0) - 0.5737864) < 1e-5
    expected = [
        0.0019995214, 0.0015170236, 0.0011633150, 0.0009003148, 0.0007023638,
        0.0005517902, 0.0004361913, 0.0003467171, 0.0002769613, 0.0002222260,
    ]  # fmt: skip
    assert [chance(30, n) for n in range(11, 21)] == pytest.approx(expected, abs=1e-5)


@BOTH
def test_scaling_inputs_gives_same_or_similar_results(fitter_class, cdnow_customers) -> None:
    plain = fitted(fitter_class, cdnow_customers)
    large = fitted(fitter_class, cdnow_customers.assign(**(cdnow_customers[["recency", "T"]] * 10)))
    assert large._scale < 1
    for recency, age in ((1, 2), (2, 10)):
        assert large.conditional_probability_alive(1, 10 * recency, 10 * age) == pytest.approx(
            plain.conditional_probability_alive(1, recency, age), abs=1e-7
        )


@BOTH
@pytest.mark.parametrize("left_out", ["nothing", "data", "generator", "data for text"])
def test_save_load(fitter_class, left_out, cdnow_customers, tmp_path: Path) -> None:
    options = {
        "nothing": {},
        "data": {"save_data": False},
        "generator": {"save_generate_data_method": False},
        "data for text": {"save_data": False, "values_to_save": [""]},
    }[left_out]
    saved = fitted(fitter_class, cdnow_customers)
    saved.save_model(tmp_path / "model.pkl", **options)
    loaded = fitter_class()
    loaded.load_model(tmp_path / "model.pkl")
    assert loaded.params_.equals(saved.params_)
    for name in ("penalizer_coef", "_scale", "_negative_log_likelihood_", "boundary_"):
        assert getattr(loaded, name) == getattr(saved, name)
    assert loaded.predict(1, 1, 2, 5) == saved.predict(1, 1, 2, 5)
    assert loaded.expected_number_of_purchases_up_to_time(
        1
    ) == saved.expected_number_of_purchases_up_to_time(1)
    if left_out == "nothing":
        assert (loaded.data == saved.data).all().all()
    if left_out == "data":
        assert loaded.data is None
    if left_out == "data for text":
        assert loaded.data == ""
    if left_out == "generator":
        assert loaded.generate_new_data is None


@BOTH
def test_fit_with_index(fitter_class, cdnow_customers) -> None:
    index = pd.RangeIndex(len(cdnow_customers), 0, -1)
    assert (fitted(fitter_class, cdnow_customers, index=index).data.index == index).all()
    assert not (fitted(fitter_class, cdnow_customers, index=None).data.index == index).all()


@BOTH
def test_no_runtime_warnings_high_frequency(fitter_class, cdnow_customers) -> None:
    with np.errstate(all="raise"):
        fitter = fitted(fitter_class, cdnow_customers)
        alive = fitter.conditional_probability_alive(frequency=1000, recency=10, T=100)
    assert alive == 0.0


@BOTH
def test_using_weights_col_gives_correct_results(fitter_class, cdnow_customers) -> None:
    keys = ["frequency", "recency", "T"]
    counted = cdnow_customers.groupby(keys).size().rename("weights").reset_index()
    assert (counted["weights"] > 1).any()
    weighted = fitted(fitter_class, counted, weights=counted["weights"])
    raw = fitted(fitter_class, cdnow_customers)
    assert weighted.params_.to_numpy() == pytest.approx(raw.params_.to_numpy(), abs=1e-6)


def money_fitted(customers: pd.DataFrame, **options) -> GammaGammaFitter:
    returning = customers[customers["frequency"] > 0]
    return GammaGammaFitter().fit(returning["frequency"], returning["monetary_value"], **options)


@pytest.mark.parametrize("options", [{}, {"q_constraint": True}])
def test_gamma_gamma_params_out_is_close_to_Hardie_paper(  # noqa: N802
    options, cdnow_with_money
) -> None:
    fitter = money_fitted(cdnow_with_money, **options)
    parameters = np.array(fitter._unload_params("p", "q", "v"))
    assert np.abs(parameters - [6.25, 3.74, 15.44]).max() < 0.01
    assert fitter.boundary_ == ()


def test_conditional_expected_average_profit(cdnow_with_money) -> None:
    fitter = GammaGammaFitter()
    fitter.params_ = pd.Series({"p": 6.25, "q": 3.74, "v": 15.44})
    first_ten = cdnow_with_money.head(10)
    estimates = fitter.conditional_expected_average_profit(
        first_ten["frequency"], first_ten["monetary_value"]
    )
    expected = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert estimates.to_numpy() == pytest.approx(np.array(expected), abs=0.1)


@pytest.mark.parametrize("unit", ["D", "H"])
def test_customer_lifetime_value_with_bgf(unit, cdnow_with_money) -> None:
    """Through our expectation and through lifetimes' own: the same value of every customer."""
    money = GammaGammaFitter()
    money.params_ = pd.Series({"p": 6.25, "q": 3.74, "v": 15.44})
    ours = fitted(BetaGeoFitter, cdnow_with_money)
    theirs = lifetimes.BetaGeoFitter()
    theirs.params_ = ours.params_
    theirs.predict = theirs.conditional_expected_number_of_purchases_up_to_time
    columns = [cdnow_with_money[name] for name in ("frequency", "recency", "T", "monetary_value")]
    values = [money.customer_lifetime_value(model, *columns, freq=unit) for model in (ours, theirs)]
    assert values[0].to_numpy() == pytest.approx(values[1].to_numpy(), rel=1e-9)
    assert values[0].index.equals(cdnow_with_money.index)


def test_gamma_gamma_fit_with_index(cdnow_with_money) -> None:
    index = pd.RangeIndex(int((cdnow_with_money["frequency"] > 0).sum()), 0, -1)
    assert (money_fitted(cdnow_with_money, index=index).data.index == index).all()
    assert not (money_fitted(cdnow_with_money, index=None).data.index == index).all()


def test_plots_of_lifetimes_accept_our_classes(cdnow_customers) -> None:
    import matplotlib.pyplot as plt
    from lifetimes import plotting

    drawers: list[Callable] = [
        plotting.plot_frequency_recency_matrix,
        plotting.plot_probability_alive_matrix,
        plotting.plot_period_transactions,
        plotting.plot_transaction_rate_heterogeneity,
        plotting.plot_dropout_rate_heterogeneity,
    ]
    fitter = fitted(BetaGeoFitter, cdnow_customers)
    with quiet_fit():
        for draw in drawers:
            assert draw(fitter) is not None
            plt.close("all")
