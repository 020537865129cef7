"""The reductions against tables worked by hand, an independent library and a popular mistake."""

import warnings
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.engine import open_engine, workbench
from analysis.ingest.derived import derive_tables
from analysis.shop import open_shop

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifetimes.utils import calibration_and_holdout_data, summary_data_from_transaction_data

D = date

# a buys on three days (twice on the second), b once, c once after the calibration's end.
BY_HAND = [
    ("a", D(2024, 1, 1), 10.00),
    ("a", D(2024, 1, 11), 3.00),
    ("a", D(2024, 1, 11), 4.00),
    ("a", D(2024, 1, 31), 5.00),
    ("b", D(2024, 1, 6), 8.00),
    ("c", D(2024, 1, 26), 2.50),
]


@pytest.fixture
def by_hand(home: Path, make_shop: Callable):
    make_shop("hand", BY_HAND)
    return open_shop("hand")


def records(frame: pd.DataFrame) -> list[tuple]:
    return [tuple(row) for row in frame.itertuples(index=False)]


def test_summary_by_hand(by_hand) -> None:
    assert records(by_hand.reduce("btyd_summary").drop(columns="first_day")) == [
        ("a", 2, 30, 30, 1200, 2200),
        ("b", 0, 0, 25, 0, 800),
        ("c", 0, 0, 5, 0, 250),
    ]
    early = by_hand.reduce("btyd_summary", as_of=D(2024, 1, 11))
    assert records(early.drop(columns="first_day")) == [
        ("a", 1, 10, 10, 700, 1700),
        ("b", 0, 0, 5, 0, 800),
    ]


def test_order_gaps_by_hand(by_hand) -> None:
    waits = {"purchase_type": "one_off", "last_order_no": 2}
    assert records(by_hand.reduce("order_gaps", **waits)) == [
        (1, 5, False, 1),
        (1, 10, True, 1),
        (1, 25, False, 1),
        (2, 20, True, 1),
    ]
    early = by_hand.reduce("order_gaps", as_of=D(2024, 1, 20), **waits)
    assert records(early) == [(1, 10, True, 1), (1, 14, False, 1), (2, 9, False, 1)]
    assert by_hand.reduce("order_gaps", purchase_type="subscription", last_order_no=9).empty


def test_holdout_by_hand(by_hand) -> None:
    frame = by_hand.reduce("btyd_holdout", calibration_end=D(2024, 1, 11))
    assert records(frame.drop(columns="first_day")) == [
        ("a", 1, 10, 10, 700, 1700, 1, 500),
        ("b", 0, 0, 5, 0, 800, 0, 0),
    ]


def test_spend_by_hand(by_hand) -> None:
    assert records(by_hand.reduce("spend_cells")) == [(2, 1200, 1)]


def test_purchases_by_day_by_hand(by_hand) -> None:
    frame = by_hand.reduce("purchases_by_day", acquired_by=D(2024, 1, 5))
    assert records(frame.assign(day=frame["day"].dt.day)) == [
        (1, 1, 0, 1, 0),
        (6, 1, 0, 0, 0),
        (11, 0, 1, 0, 1),
        (26, 1, 0, 0, 0),
        (31, 0, 1, 0, 1),
    ]


def test_observed_value_by_hand(by_hand) -> None:
    frame = by_hand.reduce("observed_value", window_days=11)
    assert records(frame.drop(columns="first_day")) == [
        ("a", 3, 1700),
        ("b", 1, 800),
        ("c", 1, 250),
    ]
    assert records(by_hand.reduce("observed_value", window_days=10))[0][2:] == (1, 1000)


def test_subscription_orders_are_no_purchases_of_the_model(
    home: Path, make_shop: Callable, tmp_path: Path
) -> None:
    make_shop("mixed", BY_HAND)
    file = home / "data" / "mixed" / "current" / "customer_day.parquet"
    days = duckdb.sql(  # noqa: F841
        f"SELECT * REPLACE (CASE WHEN customer_no = 1 THEN 'subscription' ELSE purchase_type END "
        f"AS purchase_type) FROM '{file}'"
    ).to_arrow_table()
    duckdb.sql("SELECT * FROM days").write_parquet(str(file))
    shop = open_shop("mixed")
    assert list(shop.reduce("btyd_summary")["customer_id"]) == ["b", "c"]
    assert shop.reduce("btyd_cells")["customers"].sum() == 2
    assert list(shop.reduce("observed_value", window_days=99)["amount_minor"]) == [2200, 800, 250]


def cdnow_lines(samples: Path) -> pd.DataFrame:
    file = samples / "data" / "cdnow" / "current" / "orders.parquet"
    return duckdb.sql(
        f"SELECT customer_id, ordered_at, amount_minor / 100 AS dollars FROM '{file}'"
    ).df()


def test_summary_equals_lifetimes_on_cdnow(samples: Path) -> None:
    shop = open_shop("cdnow", as_of="1997-09-30")
    ours = shop.reduce("btyd_summary").set_index("customer_id").sort_index()
    theirs = summary_data_from_transaction_data(
        cdnow_lines(samples),
        "customer_id",
        "ordered_at",
        "dollars",
        observation_period_end="1997-09-30",
    ).sort_index()
    assert ours.index.equals(theirs.index)
    for our_column, their_column in (
        ("frequency", "frequency"),
        ("recency_days", "recency"),
        ("age_days", "T"),
    ):
        assert (ours[our_column] == theirs[their_column]).all()
    repeats = ours[ours["frequency"] > 0]
    assert np.allclose(
        repeats["repeat_amount_minor"] / repeats["frequency"] / 100,
        theirs.loc[repeats.index, "monetary_value"],
        rtol=1e-12,
    )


def test_holdout_equals_lifetimes_on_whole_days(samples: Path) -> None:
    shop = open_shop("cdnow")
    ours = shop.reduce("btyd_holdout", calibration_end=D(1997, 9, 30)).set_index("customer_id")
    theirs = calibration_and_holdout_data(
        cdnow_lines(samples),
        "customer_id",
        "ordered_at",
        calibration_period_end="1997-09-30",
        observation_period_end="1998-06-30",
        monetary_value_col="dollars",
    )
    theirs = theirs.loc[ours.index]
    assert (ours["frequency"] == theirs["frequency_cal"]).all()
    assert (ours["recency_days"] == theirs["recency_cal"]).all()
    assert (ours["holdout_frequency"] == theirs["frequency_holdout"]).all()
    assert ours["holdout_frequency"].sum() == 19_684


def test_popular_split_of_time_stamps_leaks_and_ours_does_not(
    home: Path, make_shop: Callable
) -> None:
    """Comparing time stamps with a midnight moves the last calibration day into the holdout."""
    days = [D(2024, 1, 1) + timedelta(days=step) for step in range(0, 60, 10)]
    make_shop("split", [("a", day, 1.0) for day in days])
    ours = open_shop("split").reduce("btyd_holdout", calibration_end=days[3])
    assert ours[["frequency", "holdout_frequency"]].to_numpy().tolist() == [[3, 2]]
    noon = pd.DataFrame(
        {
            "customer_id": "a",
            "ordered_at": [pd.Timestamp(day) + pd.Timedelta(hours=12) for day in days],
            "one": 1.0,
        }
    )
    leaky = calibration_and_holdout_data(
        noon,
        "customer_id",
        "ordered_at",
        calibration_period_end=str(days[3]),
        observation_period_end=str(days[-1] + timedelta(days=1)),
        monetary_value_col="one",
    )
    assert leaky[["frequency_cal", "frequency_holdout"]].to_numpy().tolist() == [[2, 3]]


def test_cells_count_the_summary(samples: Path) -> None:
    shop = open_shop("cdnow")
    keys = ["frequency", "recency_days", "age_days"]
    counted = shop.reduce("btyd_summary").groupby(keys).size().rename("customers").reset_index()
    assert counted.astype("int64").equals(shop.reduce("btyd_cells").astype("int64"))
    summary = shop.reduce("btyd_summary").query("frequency > 0")
    spend = shop.reduce("spend_cells")
    assert spend["customers"].sum() == len(summary)
    assert (spend["repeat_amount_minor"] * spend["customers"]).sum() == summary[
        "repeat_amount_minor"
    ].sum()


@settings(max_examples=40, deadline=None)
@given(
    orders=st.lists(
        st.tuples(st.sampled_from("abcde"), st.integers(0, 40), st.integers(0, 999), st.booleans()),
        min_size=1,
        max_size=40,
    ),
    cut=st.integers(0, 40),
    split=st.integers(0, 40),
)
def test_reductions_equal_a_plain_count(
    tmp_path_factory: pytest.TempPathFactory,
    orders: list[tuple[str, int, int, bool]],
    cut: int,
    split: int,
) -> None:
    """Any orders, counted in the engine and by hand: same-day orders are one purchase."""
    folder = tmp_path_factory.mktemp("orders")
    engine = engine_of(folder, orders)
    seen = {
        who: sorted({day for name, day, _, _ in orders if name == who and day <= cut})
        for who in {name for name, day, _, _ in orders if day <= cut}
    }
    as_of, calibration_end = START + timedelta(days=cut), START + timedelta(days=min(split, cut))
    summary = engine.reduce("btyd_summary", as_of=as_of).set_index("customer_id")
    assert set(summary.index) == set(seen)
    for who, days in seen.items():
        paid = {day: sum(a for n, d, a, _ in orders if (n, d) == (who, day)) for day in days}
        row = summary.loc[who]
        assert (row["frequency"], row["recency_days"], row["age_days"]) == (
            len(days) - 1,
            days[-1] - days[0],
            cut - days[0],
        )
        assert row["amount_minor"] == sum(paid.values())
        assert row["repeat_amount_minor"] == sum(paid.values()) - paid[days[0]]
    holdout = engine.reduce("btyd_holdout", as_of=as_of, calibration_end=calibration_end)
    limit = min(split, cut)
    assert dict(zip(holdout["customer_id"], holdout["holdout_frequency"], strict=True)) == {
        who: sum(day > limit for day in days) for who, days in seen.items() if days[0] <= limit
    }


START = D(2024, 1, 1)


def engine_of(folder: Path, orders: list[tuple[str, int, int, bool]]):
    """Return an engine over orders of which some come later in the day than others."""
    rows = [
        (f"o{number}", who, datetime(2024, 1, 1, 9 + 3 * late) + timedelta(days=day), amount)
        for number, (who, day, amount, late) in enumerate(orders)
    ]
    columns = ["order_id", "customer_id", "ordered_at", "amount_minor"]
    with workbench() as bench:
        bench.register("given", pd.DataFrame(rows, columns=columns))
        bench.execute(
            "CREATE TABLE orders AS SELECT order_id, customer_id, amount_minor, "
            "CAST(ordered_at AS TIMESTAMP) AS ordered_at, 'one_off' AS purchase_type FROM given"
        )
        derive_tables(bench)
        for table in ("customer_day", "customer_keys"):
            bench.table(table).write_parquet(str(folder / f"{table}.parquet"))
    return open_engine(folder)
