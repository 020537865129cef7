"""The derived tables against tables worked by hand, and the promise that numbers never change."""

from datetime import datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.engine import workbench
from analysis.ingest.derived import derive_tables

ORDERS = [
    ("o3", "ann", datetime(2024, 1, 2, 9), None),
    ("o1", "bob", datetime(2024, 1, 1, 9), "one_off"),
    ("o2", "ann", datetime(2024, 1, 1, 9), "subscription"),
    ("o4", "eve", datetime(2024, 1, 3, 9), "one_off"),
]
LINES = [
    ("o1", 1, "shirt", 1, 10),
    ("o2", 1, "boots", 1, 50),
    ("o2", 2, "shirt", 2, 20),
    ("o2", 3, "shirt", 1, 10),
    ("o3", 1, "apron", 1, 30),
    ("lost", 1, "never", 1, 30),
]


def derived(orders: list[tuple], lines: list[tuple] | None) -> duckdb.DuckDBPyConnection:
    connection = workbench()
    connection.execute(
        "CREATE TABLE orders (order_id VARCHAR, customer_id VARCHAR, ordered_at TIMESTAMP, "
        "purchase_type VARCHAR, amount_minor BIGINT)"
    )
    connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, 100)", orders)
    if lines is not None:
        connection.execute(
            "CREATE TABLE order_lines (order_id VARCHAR, line_no BIGINT, product_id VARCHAR, "
            "quantity BIGINT, amount_minor BIGINT)"
        )
        if lines:
            connection.executemany("INSERT INTO order_lines VALUES (?, ?, ?, ?, ?)", lines)
    derive_tables(connection)
    return connection


def rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple]:
    return connection.table(table).fetchall()


def test_by_hand() -> None:
    connection = derived(ORDERS, LINES)
    assert rows(connection, "customer_keys") == [(1, "bob"), (2, "ann"), (3, "eve")]
    assert rows(connection, "product_keys") == [(1, "shirt"), (2, "boots"), (3, "apron")]
    first, second = datetime(2024, 1, 1).date(), datetime(2024, 1, 2).date()
    assert rows(connection, "baskets") == [
        (1, 1, 1, "one_off", first, 1, 1, 10),
        (2, 2, 1, "subscription", first, 1, 3, 30),
        (2, 2, 1, "subscription", first, 2, 1, 50),
        (3, 2, 2, "one_off", second, 3, 1, 30),
    ]


def test_a_shop_without_lines_has_days_and_customers_only() -> None:
    connection = derived(ORDERS, None)
    tables = {name for (name,) in connection.execute("SHOW TABLES").fetchall()}
    assert tables == {"orders", "customer_day", "customer_keys"}
    for table in ("customer_day", "customer_keys"):
        assert rows(connection, table) == rows(derived(ORDERS, LINES), table)


DAYS = st.tuples(
    st.sampled_from("abc"), st.integers(0, 70), st.sampled_from([None, "one_off", "subscription"])
)


@settings(max_examples=25, deadline=None)
@given(drawn=st.lists(DAYS, min_size=1, max_size=25))
def test_days_tell_what_came_before(drawn: list[tuple]) -> None:
    start = datetime(2023, 12, 20)
    orders = [
        (f"o{number:02}", who, start + timedelta(days=day, hours=number % 24), kind)
        for number, (who, day, kind) in enumerate(drawn)
    ]
    connection = derived(orders, None)
    found = connection.execute(
        "SELECT customer_id, day, purchase_type, purchase_no, first_day, opens_day, opens_month, "
        "orders FROM customer_day JOIN customer_keys USING (customer_no)"
    ).fetchall()
    bought = [(who, at.date(), kind or "one_off") for _, who, at, kind in orders]
    expected = []
    for who, day, kind in set(bought):
        own = {(other, of) for name, other, of in bought if name == who}
        before = {other for other, of in own if other < day or (other == day and of < kind)}
        first_of_month = not any((d.year, d.month) == (day.year, day.month) for d in before)
        expected.append((
            who,
            day,
            kind,
            sum(of == kind and other <= day for other, of in own),
            min(other for other, _ in own),
            int(day not in before),
            int(first_of_month),
            bought.count((who, day, kind)),
        ))  # fmt: skip
    assert sorted(found) == sorted(expected)


ORDER = st.tuples(st.integers(0, 30), st.sampled_from("abcd"), st.sampled_from("pqrs"))


@settings(max_examples=25, deadline=None)
@given(drawn=st.lists(ORDER, min_size=2, max_size=20), seed=st.randoms())
def test_later_orders_never_change_earlier_numbers(drawn: list[tuple], seed) -> None:
    orders = [
        (f"o{number:02}", customer, datetime(2024, 1, 1 + day), "one_off")
        for number, (day, customer, _) in enumerate(drawn)
    ]
    lines = [(f"o{number:02}", 1, product, 1, 5) for number, (_, _, product) in enumerate(drawn)]
    cut = sorted(order[2] for order in orders)[len(orders) // 2]
    early = [order for order in orders if order[2] <= cut]
    shuffled = list(orders)
    seed.shuffle(shuffled)
    whole, part = derived(shuffled, lines), derived(early, lines)
    for table in ("customer_day", "customer_keys", "product_keys", "baskets"):
        known = rows(part, table)
        assert rows(whole, table)[: len(known)] == known


def test_order_of_the_rows_changes_nothing() -> None:
    one, other = derived(ORDERS, LINES), derived(ORDERS[::-1], LINES[::-1])
    for table in ("customer_day", "customer_keys", "product_keys", "baskets"):
        assert rows(one, table) == rows(other, table)


@pytest.mark.parametrize("table", ["customer_keys", "product_keys"])
def test_numbers_are_dense(table: str) -> None:
    numbers = [row[0] for row in rows(derived(ORDERS, LINES), table)]
    assert numbers == list(range(1, len(numbers) + 1))
