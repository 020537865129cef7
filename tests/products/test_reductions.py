"""The reductions behind when, at what price and what, against tables worked by hand."""

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.engine import Engine, open_engine

DAY = date(2024, 6, 30)


def records(frame: pd.DataFrame) -> list[tuple]:
    return [tuple(row) for row in frame.itertuples(index=False)]


def june(day: int, hour: int = 12) -> datetime:
    return datetime(2024, 6, day, hour)


# 3 June 2024 was a Monday. The last order lies after the day that is asked for.
ORDERS = [
    ("o1", "a", june(3, 9), 1_005, "one_off", None, None, "ads", "HI", 100, None),
    ("o2", "a", june(10, 9), 2_000, "one_off", None, None, "mail", None, 0, None),
    ("o3", "b", june(9, 21), 1_500, "one_off", None, None, "ads", None, 50, None),
    ("o4", "b", june(12, 3), 900, "subscription", "s", 1, "ads", None, 300, None),
    ("o5", "c", june(16, 21), 700, "one_off", None, None, None, "HI", 70, None),
    ("o6", "a", datetime(2024, 7, 1), 9_999, "one_off", None, None, "ads", "HI", 999, None),
]
BASKETS = [
    (1, 1, 1, "one_off", date(2024, 6, 3), 1, 2, 1_005),
    (2, 2, 1, "one_off", date(2024, 6, 9), 1, 1, 1_000),
    (2, 2, 1, "one_off", date(2024, 6, 9), 2, 1, 500),
    (3, 1, 2, "one_off", date(2024, 6, 10), 1, 1, 1_200),
    (3, 1, 2, "one_off", date(2024, 6, 10), 3, 4, 800),
    (4, 2, 2, "subscription", date(2024, 6, 12), 1, 1, 900),
    (5, 3, 1, "one_off", date(2024, 6, 16), 2, 1, 700),
    (6, 1, 3, "one_off", date(2024, 7, 1), 3, 1, 9_999),
]
DAYS = [
    (1, date(2024, 6, 3), "one_off", 1, date(2024, 6, 3), 1, 1, 1, 1_005),
    (2, date(2024, 6, 9), "one_off", 1, date(2024, 6, 9), 1, 1, 1, 1_500),
    (1, date(2024, 6, 10), "one_off", 2, date(2024, 6, 3), 1, 0, 1, 2_000),
    (2, date(2024, 6, 12), "subscription", 1, date(2024, 6, 9), 1, 0, 1, 900),
    (3, date(2024, 6, 16), "one_off", 1, date(2024, 6, 16), 1, 1, 1, 700),
    (1, date(2024, 7, 1), "one_off", 3, date(2024, 6, 3), 1, 1, 1, 9_999),
]
PRODUCTS = [
    ("p1", "Tea", "Drinks", "p3", 400),
    ("p2", "Cup", None, None, None),
    ("p3", "Fine tea", "Drinks", None, 100),
]


@pytest.fixture
def engine(tmp_path: Path, write_table) -> Engine:
    write_table(tmp_path, "orders", ORDERS)
    write_table(tmp_path, "baskets", BASKETS)
    write_table(tmp_path, "customer_day", DAYS)
    write_table(tmp_path, "products", PRODUCTS)
    write_table(tmp_path, "product_keys", [(1, "p1"), (2, "p2"), (3, "p3")])
    write_table(tmp_path, "customer_keys", [(1, "a"), (2, "b"), (3, "c")])
    write_table(tmp_path, "costs", [("ads", date(2024, 6, 1), 500), ("ads", date(2024, 7, 1), 9)])
    return open_engine(tmp_path)


def test_orders_by_hour(engine: Engine) -> None:
    frame = engine.reduce("orders_by_hour", as_of=DAY)
    assert records(frame) == [(1, 9, 2, 1), (7, 21, 2, 2)], "two orders of one customer"


def test_order_values_and_unit_prices(engine: Engine) -> None:
    assert records(engine.reduce("order_values", as_of=DAY, step_minor=10)) == [
        (False, 2_000, 1),
        (True, 700, 1),
        (True, 1_000, 1),
        (True, 1_500, 1),
    ]
    assert records(engine.reduce("unit_prices", as_of=DAY, step_minor=10)) == [
        (False, 200, 1),
        (False, 1_200, 1),
        (True, 500, 2),
        (True, 700, 1),
        (True, 1_000, 1),
    ]


def test_product_and_category_sales(engine: Engine) -> None:
    # Product 1: a bought it again after 7 days, b only by subscription, which is no choice.
    assert records(engine.reduce("product_sales", as_of=DAY, window_days=7)) == [
        (1, 2, 2, 4, 5, 4_105, 2, 1),
        (2, 2, 2, 2, 2, 1_200, 2, 0),
        (3, 1, 0, 1, 4, 800, 1, 0),
    ]
    # Only a's and b's first purchases are 20 days old.
    assert records(engine.reduce("product_sales", as_of=DAY, window_days=20))[0][-2:] == (2, 1)
    assert records(engine.reduce("product_sales", as_of=DAY, window_days=22))[0][-2:] == (1, 1)
    assert records(engine.reduce("category_sales", as_of=DAY, window_days=7)) == [
        ("Drinks", 2, 2, 4, 9, 4_905, 2, 1),
        ("", 2, 2, 2, 2, 1_200, 2, 0),
    ]


def test_product_gaps(engine: Engine) -> None:
    assert records(engine.reduce("product_gaps", as_of=DAY, most_products=1)) == [
        (1, 7, True, 1),
        (1, 20, False, 1),
        (1, 21, False, 1),
    ]


def test_values(engine: Engine) -> None:
    days = [pd.Timestamp(2024, 6, day) for day in (3, 9)]
    assert records(engine.reduce("value_by_source", as_of=DAY)) == [
        ("ads", days[0], 3_005, 3_005, 3_005),
        ("ads", days[1], 2_400, 2_400, 2_400),
    ]
    assert [row[0] for row in records(engine.reduce("value_by_first_product", as_of=DAY))] == [
        1,
        1,
        2,
    ], "what most of the first order was paid for"
    assert records(engine.reduce("value_by_source_age", as_of=DAY, window_days=10)) == [
        ("ads", 2024 * 12 + 6, 0, 5_405)
    ]
    assert records(engine.reduce("value_by_source_age", as_of=DAY, window_days=28)) == [
        ("ads", 2024 * 12 + 6, 0, 3_005)
    ], "only the first customer is 28 days old"
    assert records(engine.reduce("source_costs", as_of=DAY)) == [("ads", 2024 * 12 + 6, 500, 2)]
    assert engine.scalar("goods_cost", as_of=DAY) == {
        "amount_minor": 4_905,
        "cost_minor": 5 * 400 + 4 * 100,
    }


def test_goods_by_the_kilogram(tmp_path: Path, write_table) -> None:
    """Half a kilogram for 333 costs half of what one does, and only the sum is rounded."""
    day = date(2024, 6, 3)
    sold = [("0.5", 1, 333), ("0.25", 2, 200), ("1.001", 2, 1_000), ("0.001", 1, 1)]
    baskets = [
        (number, 1, number, "one_off", day, product, quantity, amount)
        for number, (quantity, product, amount) in enumerate(sold, start=1)
    ]
    write_table(tmp_path, "baskets", baskets)
    write_table(tmp_path, "product_keys", [(1, "p1"), (2, "p2")])
    write_table(
        tmp_path, "products", [("p1", "Ham", "By weight", None, 333), ("p2", "Tea", "", None, 10)]
    )
    engine = open_engine(tmp_path)
    # 0.501 * 333 + 1.251 * 10 = 166.833 + 12.51 = 179.343
    assert engine.scalar("goods_cost", as_of=DAY) == {"amount_minor": 1_534, "cost_minor": 179}
    sales = engine.reduce("product_sales", as_of=DAY, window_days=7)
    assert sales["quantity"].tolist() == [0.501, 1.251]
    categories = engine.reduce("category_sales", as_of=DAY, window_days=7)
    assert categories["quantity"].tolist() == [0.501, 1.251]
    prices = engine.reduce("unit_prices", as_of=DAY, step_minor=1)
    # 333 / 0.5, 200 / 0.25, 1,000 / 1.001 and 1 / 0.001, rounded down.
    assert records(prices) == [
        (False, 800, 1), (False, 999, 1), (False, 1_000, 1), (True, 666, 1),
    ]  # fmt: skip


def test_upgrades(engine: Engine) -> None:
    # a bought both, the lower first; b has been waiting for 21 days.
    row = (1, 3, 2, 1, 0, 0, 1, 800)
    assert records(engine.reduce("upgrades", as_of=DAY, window_days=60)) == [row]
    followed = (1, 3, 2, 0, 2, 1, 1, 800)
    assert records(engine.reduce("upgrades", as_of=DAY, window_days=20)) == [followed]


def test_discounts(engine: Engine) -> None:
    assert records(engine.reduce("discount_use", as_of=DAY)) == [
        ("first", True, 3, 3, 3_205, 220),
        ("repeat", False, 1, 1, 2_000, 0),
        ("subscription", True, 1, 1, 900, 300),
    ]
    assert records(engine.reduce("coupon_use", as_of=DAY)) == [("HI", 2, 2, 1_705, 170)]


def test_an_order_of_no_kind_is_one_off(tmp_path: Path, write_table) -> None:
    """So a customer with one of each has one first order, whichever of them says so."""
    orders = [
        (f"o{day}", "a", datetime(2024, 6, day), 1_000, kind)
        for day, kind in ((3, None), (4, "one_off"), (5, None), (6, "subscription"))
    ]
    write_table(tmp_path, "orders", orders)
    found = open_engine(tmp_path).reduce("discount_use", as_of=DAY)
    assert found[["kind", "orders"]].to_numpy().tolist() == [
        ["first", 1],
        ["repeat", 2],
        ["subscription", 1],
    ]


def test_customer_discounts(engine: Engine) -> None:
    """Of a, who bought twice, b, whose second purchase is a renewal, and c, who bought once."""
    columns = ["purchases", "orders", "discounted_orders", "amount_minor", "discount_minor"]
    frame = engine.reduce("customer_discounts", as_of=DAY, window_days=21)
    assert records(frame[columns]) == [
        (2, 2, 1, 3_005, 100),
        (2, 1, 1, 1_500, 50),
        (1, 1, 1, 700, 70),
    ]
    scored = ["recency_days", "window_purchases", "window_amount_minor"]
    assert records(frame[scored]) == [(20, 1, 2_000), (18, 1, 900), (14, 1, 700)]
    ranks = engine.reduce(
        "customer_ranks",
        as_of=DAY,
        compared_on=DAY,
        window_days=22,
        dormancy_days=90,
        subscription_days=60,
    )
    frame = engine.reduce("customer_discounts", as_of=DAY, window_days=22)
    pd.testing.assert_frame_equal(frame[scored], ranks[scored])


REDUCTIONS = {
    "orders_by_hour": {},
    "order_values": {"step_minor": 10},
    "unit_prices": {"step_minor": 10},
    "product_sales": {"window_days": 7},
    "category_sales": {"window_days": 7},
    "product_gaps": {"most_products": 3},
    "value_by_source": {},
    "value_by_first_product": {},
    "value_by_source_age": {"window_days": 10},
    "source_costs": {},
    "goods_cost": {},
    "upgrades": {"window_days": 7},
    "discount_use": {},
    "customer_discounts": {"window_days": 14},
    "coupon_use": {},
    "next_product": {"min_customers": 1},
    "next_product_margins": {"min_customers": 1},
    "basket_pairs": {"min_customers": 1},
    "basket_pairs_margins": {"min_customers": 1},
}
TABLES = {
    "orders": ORDERS,
    "baskets": BASKETS,
    "customer_day": DAYS,
    "products": PRODUCTS,
    "product_keys": [(1, "p1"), (2, "p2"), (3, "p3")],
    "customer_keys": [(1, "a"), (2, "b"), (3, "c")],
    "costs": [("ads", date(2024, 6, 1), 500), ("ads", date(2024, 7, 1), 9)],
}


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 999), cut=st.integers(3, 30))
def test_neither_the_order_of_rows_nor_later_orders_change_a_reduction(
    tmp_path_factory: pytest.TempPathFactory, write_table, seed: int, cut: int
) -> None:
    whole, known = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("known")
    as_of = date(2024, 6, cut)
    day_of = {
        "orders": lambda row: row[2].date(),
        "baskets": lambda row: row[4],
        "customer_day": lambda row: row[1],
        "costs": lambda row: row[1],
    }
    for name, rows in TABLES.items():
        write_table(whole, name, rows)
        seen = [row for row in rows if name not in day_of or day_of[name](row) <= as_of]
        write_table(known, name, seen, shuffle=seed)
    left, right = open_engine(whole), open_engine(known)
    for name, parameters in REDUCTIONS.items():
        pd.testing.assert_frame_equal(
            left.reduce(name, as_of=as_of, **parameters),
            right.reduce(name, as_of=as_of, **parameters),
        )
