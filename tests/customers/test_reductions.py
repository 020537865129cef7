"""The reductions of the customer report against tables worked by hand and a plain count."""

from collections.abc import Callable
from datetime import date, timedelta

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.customers.balance import Balance, has_period_before
from analysis.engine import Engine
from analysis.ingest.derived import derive_tables

START = date(2024, 1, 1)
Row = tuple[str, int, int, bool]


def on(day: int) -> date:
    return START + timedelta(days=day)


def records(frame: pd.DataFrame) -> list[tuple]:
    return [tuple(row) for row in frame.itertuples(index=False)]


# a buys three times and is back after 40 silent days; b once, long ago; c is new; d subscribes.
BY_HAND: list[Row] = [
    ("a", 0, 1000, False),
    ("a", 10, 300, False),
    ("a", 10, 400, False),
    ("a", 50, 500, False),
    ("b", 5, 800, False),
    ("c", 45, 250, False),
    ("c", 47, 150, False),
    ("d", 1, 90, True),
    ("d", 31, 90, True),
]
ACTIVE = {"dormancy_days": 30, "subscription_days": 45}


def test_balance_by_hand(engine: Callable) -> None:
    shop = engine(BY_HAND)
    frame = shop.reduce("customer_balance", as_of=on(50), period_days=20, **ACTIVE)
    # Period: days 31 to 50. On day 30 a and b (until 40 and 35) and d (until 46) were active.
    assert frame.to_dict("records") == [
        {
            "customers": 4,
            "active_at_start": 3,
            "new_customers": 1,
            "came_back": 1,
            "went_quiet": 2,
            "active_at_end": 3,
            "buyers": 3,
            "returning_customers": 2,
            "purchases": 4,
            "amount_minor": 990,
        }
    ]
    # A subscription order of every second month keeps its customer only for as long as it may.
    short = shop.reduce(
        "customer_balance", as_of=on(50), period_days=20, dormancy_days=30, subscription_days=30
    )
    assert short[["active_at_start", "went_quiet", "came_back"]].to_numpy().tolist() == [[3, 2, 1]]


def test_silence_of_exactly_the_dormancy_days_is_quiet(engine: Callable) -> None:
    shop = engine([("a", 0, 100, False), ("a", 30, 100, False), ("b", 0, 100, False)])

    def states(day: int) -> list[int]:
        frame = shop.reduce("customer_balance", as_of=on(day), period_days=1, **ACTIVE)
        return frame[["active_at_end", "went_quiet", "came_back"]].iloc[0].tolist()

    assert states(29) == [2, 0, 0]
    assert states(30) == [1, 1, 0], "b has gone quiet; a bought on that very day"
    assert states(31) == [1, 0, 0]


def test_ranks_by_hand(engine: Callable) -> None:
    frame = engine(BY_HAND).reduce(
        "customer_ranks", as_of=on(50), compared_on=on(20), window_days=20, **ACTIVE
    )
    assert records(frame) == [
        (50, 0, 3, 2200, -30, 1, 500, 20, 10, 1, 700),
        (49, 19, 2, 180, -26, 1, 90, 19, 19, 1, 90),
        (45, 45, 1, 800, 15, 0, 0, 15, 15, 1, 800),
        (5, 3, 2, 400, -27, 2, 400, -1, -1, 0, 0),
    ]


def test_revenue_by_purchase_by_hand(engine: Callable) -> None:
    frame = engine(BY_HAND).reduce("revenue_by_purchase", as_of=on(50))
    days = (frame["day"] - pd.Timestamp(START)).dt.days
    assert list(
        zip(days, *(frame[c] for c in ("kind", "purchases", "amount_minor")), strict=True)
    ) == [
        (0, 1, 1, 1000),
        (1, 0, 1, 90),
        (5, 1, 1, 800),
        (10, 2, 1, 700),
        (31, 0, 1, 90),
        (45, 1, 1, 250),
        (47, 2, 1, 150),
        (50, 3, 1, 500),
    ]


def test_purchases_a_month_by_hand(engine: Callable) -> None:
    # January: a twice, b and d once; February: a once, c twice, d once.
    assert records(engine(BY_HAND).reduce("purchases_a_month", as_of=on(50))) == [
        (24288, 1, 2),
        (24288, 2, 1),
        (24289, 1, 2),
        (24289, 2, 1),
    ]


def test_steps_by_hand(engine: Callable) -> None:
    frame = engine(BY_HAND).reduce("purchase_steps", as_of=on(50), window_days=10)
    # c's second purchase came within the window, but c's window is not over: c does not count.
    assert records(frame) == [(1, 3, 2, 2, 1, 700), (2, 2, 1, 1, 0, 0), (3, 1, 0, 0, 0, 0)]


def test_second_purchase_cohorts_by_hand(engine: Callable) -> None:
    frame = engine(BY_HAND).reduce("second_purchase_cohorts", as_of=on(50), window_days=10)
    assert records(frame) == [(24288, 2, 1, 2, 1), (24289, 1, 1, 0, 0)]


def test_retention_cohorts_by_hand(engine: Callable) -> None:
    assert records(engine(BY_HAND).reduce("retention_cohorts", as_of=on(50))) == [
        (24288, 0, 3, 4, 2590),
        (24288, 1, 2, 2, 590),
        (24289, 0, 1, 2, 400),
    ]


def test_definition_counts_by_hand(engine: Callable) -> None:
    frame = engine(BY_HAND).reduce("definition_counts", as_of=on(50), month_no=24289, fixed_days=10)
    assert records(frame) == [(3, 6, 3, 2, 2, 2, 1, 1, 2)]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("customer_balance", {"period_days": 20, **ACTIVE}),
        ("revenue_by_purchase", {}),
        ("definition_counts", {"month_no": 24288, "fixed_days": 60}),
        ("purchase_steps", {"window_days": 30}),
    ],
)
def test_a_day_before_everything_is_empty_not_an_error(
    engine: Callable, name: str, values: dict
) -> None:
    frame = engine(BY_HAND).reduce(name, as_of=on(-1), **values)
    assert frame.fillna(0).select_dtypes("number").to_numpy().sum() == 0


REDUCTIONS = {
    "customer_balance": {"period_days": 20, **ACTIVE},
    "customer_ranks": {"compared_on": on(15), "window_days": 20, **ACTIVE},
    "revenue_by_purchase": {},
    "purchases_a_month": {},
    "purchase_steps": {"window_days": 12},
    "second_purchase_cohorts": {"window_days": 12},
    "retention_cohorts": {},
    "definition_counts": {"month_no": 24289, "fixed_days": 20},
    "order_gaps": {"purchase_type": "one_off", "last_order_no": 99},
}
ROWS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(0, 70), st.integers(2, 999), st.booleans()),
    min_size=1,
    max_size=25,
)


def everything(engine: Engine, cut: int) -> dict[str, list[tuple]]:
    found = {
        name: records(engine.reduce(name, as_of=on(cut), **values))
        for name, values in REDUCTIONS.items()
    }
    # Who of two that began on one day comes first is told by the IDs of their orders, which rows
    # are given here as they come.
    return found | {"customer_ranks": sorted(found["customer_ranks"])}


@settings(max_examples=15, deadline=None)
@given(rows=ROWS, cut=st.integers(0, 70), data=st.data())
def test_order_of_rows_later_orders_and_split_orders_change_nothing(
    engine: Callable, rows: list[Row], cut: int, data: st.DataObject
) -> None:
    """Nothing depends on how rows are sorted, on what comes after the day, on parts of an order."""
    truth = everything(engine(rows), cut)
    shuffled = data.draw(st.permutations(rows))
    assert everything(engine(shuffled), cut) == truth
    later = (data.draw(st.sampled_from("abcde")), cut + 1, 100, data.draw(st.booleans()))
    assert everything(engine([*rows, later]), cut) == truth
    # An order in two parts of the same day: more rows, as many purchases. Subscription orders are
    # orders, each for itself, so only one-off ones are split.
    parts = [
        (who, day, part, subscribed)
        for who, day, amount, subscribed in rows
        for part in ([amount] if subscribed else [1, amount - 1])
    ]
    assert everything(engine(parts), cut) == truth


@settings(max_examples=40, deadline=None)
@given(
    rows=ROWS,
    cut=st.integers(0, 70),
    period=st.integers(1, 40),
    dormancy=st.integers(1, 40),
    longer=st.integers(0, 20),
)
def test_balance_equals_a_plain_count(
    engine: Callable,
    rows: list[Row],
    cut: int,
    period: int,
    dormancy: int,
    longer: int,
) -> None:
    frame = engine(rows).reduce(
        "customer_balance",
        as_of=on(cut),
        period_days=period,
        dormancy_days=dormancy,
        subscription_days=dormancy + longer,
    )
    found = Balance(*frame[list(Balance._fields)].iloc[0])
    start = cut - period
    expected = dict.fromkeys(Balance._fields, 0)
    for who in {who for who, day, *_ in rows if day <= cut}:
        own = [(day, amount, sub) for name, day, amount, sub in rows if name == who and day <= cut]
        days = {day for day, *_ in own}
        # Day by day: active on a day if a purchase up to it still holds.
        active = {
            today: any(
                day <= today < day + dormancy + (longer if sub else 0) for day, _, sub in own
            )
            for today in range(-1, cut + 1)
        }
        within = range(start + 1, cut + 1)
        expected["customers"] += 1
        expected["active_at_start"] += active.get(start, False)
        expected["active_at_end"] += active[cut]
        expected["new_customers"] += min(days) in within
        expected["buyers"] += any(day in within for day in days)
        expected["returning_customers"] += min(days) <= start and any(d in within for d in days)
        expected["purchases"] += sum(day in within for day in days)
        expected["amount_minor"] += sum(amount for day, amount, _ in own if day in within)
        for today in within:
            if today < 0:
                continue
            expected["went_quiet"] += active[today - 1] and not active[today]
            back = active[today] and not active[today - 1] and today != min(days)
            expected["came_back"] += back
    # Quiet until a day and back on that very day is neither.
    assert found._asdict() == expected
    assert found.active_at_end == (
        found.active_at_start + found.new_customers + found.came_back - found.went_quiet
    )


def test_period_before_must_be_covered() -> None:
    assert has_period_before(on(1), on(60), period_days=30)
    assert not has_period_before(on(2), on(60), period_days=30)


def test_lines_of_an_order_change_no_number_of_it() -> None:
    """Days come from orders: whether an order has one line or many, they are the same."""

    def days(lines: str) -> list[tuple]:
        with duckdb.connect(":memory:") as connection:
            connection.execute(
                "CREATE TABLE orders AS SELECT * FROM (VALUES ('o1', 'a', TIMESTAMP '2024-01-01', "
                "300, 'one_off'), ('o2', 'a', TIMESTAMP '2024-01-09', 500, 'one_off')) "
                "t(order_id, customer_id, ordered_at, amount_minor, purchase_type)"
            )
            connection.execute(
                f"CREATE TABLE order_lines AS SELECT * FROM (VALUES {lines}) "
                "t(order_id, line_no, product_id, quantity, amount_minor)"
            )
            derive_tables(connection)
            return connection.execute("FROM customer_day").fetchall()

    whole = "('o1', 1, 'p', 3, 300), ('o2', 1, 'q', 1, 500)"
    split = "('o1', 1, 'p', 1, 100), ('o1', 2, 'p', 2, 200), ('o2', 1, 'q', 1, 500)"
    assert days(whole) == days(split)
