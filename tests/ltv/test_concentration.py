import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.ltv.concentration import deciles, no_deciles


def frame(values: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"customer_id": [f"c{number:04d}" for number in range(len(values))], "paid": values}
    )


@given(st.lists(st.integers(0, 10**9), min_size=100, max_size=300).filter(any))
def test_deciles_hold_everyone_and_everything(values: list[int]) -> None:
    table = deciles(frame(values), "paid")
    assert list(table["decile"]) == list(range(1, 11))
    assert table["customers"].sum() == len(values)
    assert table["customers"].max() - table["customers"].min() <= 1
    assert table["value_minor"].sum() == sum(values)
    assert (np.diff(table["mean_minor"]) <= 1e-9).all()
    assert table["running_share"].iloc[-1] == pytest.approx(1)


def test_ties_are_broken_the_same_way_every_time() -> None:
    values = frame([5.0] * 125)
    shuffled = values.sample(frac=1, random_state=1)
    assert deciles(values, "paid").equals(deciles(shuffled, "paid"))


@pytest.mark.parametrize("values", [[1.0] * 99, [0.0] * 200, [1.0], []])
def test_a_handful_of_people_is_no_decile(values: list[float]) -> None:
    assert deciles(frame(values), "paid") is None
    assert "shown from 100 customers" in no_deciles()


def test_no_decile_singles_people_out() -> None:
    assert deciles(frame([1.0] * 100), "paid")["customers"].tolist() == [10] * 10
