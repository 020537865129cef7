"""Gamma-Gamma against the published fit, published customers and awkward shops."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.ingest.shop_import import source_file
from analysis.ltv.spend import expected_spend, fit_spend
from analysis.shop import open_shop

# Expected mean amount of the sample's first ten customers, in dollars (brucehardie.com/notes/025).
PUBLISHED_FIRST_TEN = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]


def test_published_fit_of_the_cdnow_sample(samples: Path) -> None:
    model = fit_spend(open_shop("cdnow_sample", as_of="1997-09-30").reduce("spend_cells"))
    assert [round(value, 2) for value in (model.p, model.q, model.v_minor / 100)] == [
        6.25,
        3.74,
        15.44,
    ]
    in_dollars = model.log_likelihood + model.customers * np.log(100)
    assert in_dollars == pytest.approx(-4055.9177, abs=5e-5)
    assert (model.customers, model.without_value) == (946, 0)
    assert round(model.value_frequency_correlation, 2) == 0.11


def test_published_first_ten_customers(samples: Path) -> None:
    shop = open_shop("cdnow_sample", as_of="1997-09-30")
    model = fit_spend(shop.reduce("spend_cells"))
    lines = source_file(shop.file).read_text().splitlines()
    order = list(dict.fromkeys(line.split()[0] for line in lines if line.strip()))
    first_ten = shop.reduce("btyd_summary").set_index("customer_id").loc[order[:10]]
    amounts = expected_spend(model, first_ten["frequency"], first_ten["repeat_amount_minor"])
    assert (amounts / 100).round(2).tolist() == PUBLISHED_FIRST_TEN


def test_fit_of_the_cdnow_master_leaves_out_who_paid_nothing(samples: Path) -> None:
    model = fit_spend(open_shop("cdnow", as_of="1997-09-30").reduce("spend_cells"))
    assert [round(value, 4) for value in (model.p, model.q, model.v_minor / 100)] == [
        6.2754,
        3.6245,
        14.9837,
    ]
    assert (model.customers, model.without_value) == (9450, 1)


def test_unit_of_money_changes_nothing(samples: Path) -> None:
    cells = open_shop("cdnow_sample").reduce("spend_cells")
    dollars = fit_spend(cells)
    lira = fit_spend(cells.assign(repeat_amount_minor=cells["repeat_amount_minor"] * 10_000))
    assert lira.p == pytest.approx(dollars.p, rel=1e-6)
    assert lira.v_minor == pytest.approx(dollars.v_minor * 10_000, rel=1e-6)
    assert lira.mean_minor == pytest.approx(dollars.mean_minor * 10_000, rel=1e-6)


def test_planted_parameters_are_recovered() -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        frequency = rng.integers(1, 12, 4000)
        rate = rng.gamma(3.7, 1 / 1540, 4000)
        amount = np.rint(rng.gamma(6.2 * frequency) / rate).astype(int)
        cells = pd.DataFrame(
            {"frequency": frequency, "repeat_amount_minor": amount, "customers": 1}
        )
        model = fit_spend(cells)
        distance = np.log([model.p, model.q, model.v_minor]) - np.log([6.2, 3.7, 1540])
        assert distance @ np.linalg.solve(model.log_covariance, distance) < 16, seed


def test_few_paying_repeaters_are_refused() -> None:
    cells = pd.DataFrame(
        {"frequency": [1, 1], "repeat_amount_minor": [0, 500], "customers": [500, 29]}
    )
    with pytest.raises(DataError, match="29 customers paid for a repeat purchase, must be"):
        fit_spend(cells)


def test_amounts_without_a_mean_are_refused() -> None:
    rng = np.random.default_rng(3)
    rate = rng.gamma(0.6, 1 / 1000, 3000)
    amount = np.rint(rng.gamma(4, 1 / rate)).astype("int64").clip(1)
    cells = pd.DataFrame({"frequency": 1, "repeat_amount_minor": amount, "customers": 1})
    with pytest.raises(DataError, match=r"no mean \(q == 0\.\d\d, must be > 1\)"):
        fit_spend(cells)


def test_everyone_paying_the_same_is_said_in_words() -> None:
    cells = pd.DataFrame({"frequency": [1], "repeat_amount_minor": [500], "customers": [400]})
    with pytest.raises(DataError, match="All 400 customers paid the same"):
        fit_spend(cells)


def test_one_time_buyers_get_the_mean_of_all(samples: Path) -> None:
    model = fit_spend(open_shop("cdnow_sample").reduce("spend_cells"))
    assert expected_spend(model, 0, 0) == pytest.approx(model.mean_minor)
    many = expected_spend(model, 1000, 1000 * 4200)
    assert many == pytest.approx(4200, rel=0.01), "the own mean wins when there is much of it"
