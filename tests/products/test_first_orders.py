"""What is counted without a look at every order of a customer, against a plain count of all."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.engine import Engine, open_engine, workbench
from analysis.ingest.derived import derive_tables

START = datetime(2024, 6, 1)
STEP_MINOR = 10


class Order(NamedTuple):
    customer_id: str
    hour: int
    amount_minor: int
    purchase_type: str | None
    discount_minor: int | None
    quantity: Decimal


# Few customers and hours, so that many orders share a day and some a moment.
ORDERS = st.lists(
    st.builds(
        Order,
        customer_id=st.sampled_from("abc"),
        hour=st.integers(0, 95),
        amount_minor=st.integers(0, 60),
        purchase_type=st.sampled_from(["one_off", "one_off", None, "subscription"]),
        discount_minor=st.sampled_from([None, 0, 5, 20]),
        quantity=st.sampled_from(["-1", "0", "1", "2", "3", "0.5", "0.375", "1.001"]).map(Decimal),
    ),
    min_size=1,
    max_size=20,
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[Order]], Engine]:
    """Return an engine over orders of one line each, with what an import derives from them."""

    def make(orders: list[Order]) -> Engine:
        folder = tmp_path_factory.mktemp("orders")
        frame = pd.DataFrame(orders, dtype=object)
        frame["order_id"] = [f"o{number:02d}" for number in range(len(orders))]
        frame["ordered_at"] = [START + timedelta(hours=order.hour) for order in orders]
        with workbench() as bench:
            bench.register("given", frame)
            bench.execute(
                "CREATE TABLE orders AS SELECT order_id, CAST(customer_id AS VARCHAR) AS "
                "customer_id, CAST(ordered_at AS TIMESTAMP) AS ordered_at, CAST(amount_minor AS "
                "BIGINT) AS amount_minor, CAST(purchase_type AS VARCHAR) AS purchase_type, "
                "CAST(discount_minor AS BIGINT) AS discount_minor FROM given"
            )
            bench.execute(
                "CREATE TABLE order_lines AS SELECT order_id, 'p' AS product_id, "
                "CAST(quantity AS DECIMAL(18, 3)) AS quantity, "
                "CAST(amount_minor AS BIGINT) AS amount_minor FROM given"
            )
            derive_tables(bench)
            for table in ("orders", "customer_day", "customer_keys", "baskets", "product_keys"):
                bench.table(table).write_parquet(str(folder / f"{table}.parquet"))
        return open_engine(folder)

    return make


def known(orders: list[Order], as_of: date) -> list[Order]:
    """Return the orders up to a day, as they came; those of a moment in the order of their IDs."""
    seen = [order for order in orders if (START + timedelta(hours=order.hour)).date() <= as_of]
    return sorted(seen, key=lambda order: order.hour)


def one_off(orders: list[Order]) -> list[Order]:
    return [order for order in orders if order.purchase_type != "subscription"]


def counted(orders: list[Order], value: Callable[[Order], int]) -> list[tuple]:
    """Count orders by whether they are a customer's first, and by value."""
    found, begun = Counter(), set()
    for order in orders:
        worth = value(order)
        found[order.customer_id not in begun, worth - worth % STEP_MINOR] += 1
        begun.add(order.customer_id)
    return sorted((*key, number) for key, number in found.items())


def records(frame: pd.DataFrame) -> list[tuple]:
    return [tuple(row) for row in frame.itertuples(index=False)]


@settings(max_examples=25, deadline=None)
@given(orders=ORDERS, day=st.integers(0, 3))
def test_first_and_later_orders_equal_a_plain_count(
    engine: Callable, orders: list[Order], day: int
) -> None:
    shop, as_of = engine(orders), START.date() + timedelta(days=day)
    placed = one_off(known(orders, as_of))
    values = shop.reduce("order_values", as_of=as_of, step_minor=STEP_MINOR)
    assert records(values) == counted(placed, lambda order: order.amount_minor)
    prices = shop.reduce("unit_prices", as_of=as_of, step_minor=STEP_MINOR)
    sold = [order for order in placed if order.quantity > 0]
    assert records(prices) == counted(sold, lambda order: int(order.amount_minor // order.quantity))


@settings(max_examples=12, deadline=None)
@given(orders=ORDERS, day=st.integers(0, 3))
def test_discounts_equal_a_plain_count(engine: Callable, orders: list[Order], day: int) -> None:
    as_of = START.date() + timedelta(days=day)
    seen = known(orders, as_of)
    expected = []
    for customer in dict.fromkeys(order.customer_id for order in seen):
        own = [order for order in seen if order.customer_id == customer]
        silent = [day - order.hour // 24 for order in own]
        window = [order for order, since in zip(own, silent, strict=True) if since < 2]
        chosen = one_off(own)
        given_minor = [order.discount_minor or 0 for order in chosen]
        expected.append(
            (
                min(silent),
                len(set(silent)),
                len({order.hour // 24 for order in window}),
                sum(order.amount_minor for order in window),
                len(chosen),
                sum(minor > 0 for minor in given_minor),
                sum(order.amount_minor for order in chosen),
                sum(given_minor),
            )
        )
    found = engine(orders).reduce("customer_discounts", as_of=as_of, window_days=2)
    assert records(found) == expected


@settings(max_examples=12, deadline=None)
@given(orders=ORDERS, day=st.integers(0, 3))
def test_hours_equal_a_plain_count(engine: Callable, orders: list[Order], day: int) -> None:
    as_of = START.date() + timedelta(days=day)
    numbers, customers = Counter(), {}
    for order in one_off(known(orders, as_of)):
        moment = START + timedelta(hours=order.hour)
        key = (moment.isoweekday(), moment.hour)
        numbers[key] += 1
        customers.setdefault(key, set()).add(order.customer_id)
    expected = sorted((*key, number, len(customers[key])) for key, number in numbers.items())
    assert records(engine(orders).reduce("orders_by_hour", as_of=as_of)) == expected
