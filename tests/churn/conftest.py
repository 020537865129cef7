"""Subscriptions for tests: single ones made by hand, and those of demo shops."""

import functools
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from analysis.churn.people import active_by_order
from analysis.demo import Plan
from analysis.demo.portion import draw_portion
from analysis.demo.tables import day_end, visible_tables
from analysis.engine import Engine, open_engine
from analysis.engine.duckdb import DuckDB

START = date(2024, 1, 1)
_ID = "concat('S', number)"
_TABLES = {
    "orders": f"SELECT *, concat('O', number, '-', order_no) AS order_id, concat('C', number) AS "
    f"customer_id, {_ID} AS subscription_id FROM part WHERE purchase_type = 'subscription'",
    "subscriptions": f"SELECT *, {_ID} AS subscription_id, concat('C', number) AS customer_id, "
    "CAST(NULL AS BOOLEAN) AS derived, CAST(NULL AS VARCHAR) AS cycle_certainty, "
    "CAST(NULL AS VARCHAR) AS start_certainty, CAST(NULL AS BIGINT) AS first_wait_days FROM part",
    "subscription_events": f"SELECT *, {_ID} AS subscription_id FROM part",
}


class Book:
    """Subscriptions written down by hand: days count from the first of January 2024."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.subscriptions: list[dict[str, Any]] = []
        self.orders: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []

    def add(
        self,
        orders: list[int],
        *,
        cycle: int = 30,
        started: int | None = None,
        cancelled: int | None = None,
        reason: str | None = None,
        commitment: int | None = None,
        customer: str = "",
        source: str = "web",
        offer: str = "plain",
        product: str = "juice",
        events: list[tuple[int, str]] = (),  # type: ignore[assignment]
        first_number: int | None = None,
        times: int = 1,
    ) -> None:
        for _copy in range(times):
            number = len(self.subscriptions)
            name = f"S{number:05d}"
            first = orders[0] if orders else 0
            self.subscriptions.append(
                {
                    "subscription_id": name,
                    "customer_id": customer or f"C{number:05d}",
                    "started_at": stamp(first if started is None else started),
                    "cycle_days": cycle,
                    "product_id": product,
                    "commitment_orders": commitment,
                    "cancelled_at": None if cancelled is None else stamp(cancelled, hour=15),
                    "cancel_reason": reason,
                    "offer": offer,
                }
            )
            for place, day in enumerate(orders):
                self.orders.append(
                    {
                        "order_id": f"{name}-{place}",
                        "customer_id": customer or f"C{number:05d}",
                        "ordered_at": stamp(day),
                        "amount_minor": 1000 + 10 * place,
                        "purchase_type": "subscription",
                        "subscription_id": name,
                        "subscription_order_no": first_number and first_number + place,
                        "source": source,
                    }
                )
            for day, event in events:
                self.events.append(
                    {
                        "subscription_id": name,
                        "event_at": stamp(day, hour=12),
                        "event": event,
                        "reason": None,
                    }
                )

    def engine(self) -> Engine:
        for table, rows, columns in (
            ("orders", self.orders, _ORDERS),
            ("subscriptions", self.subscriptions, _SUBSCRIPTIONS),
            ("subscription_events", self.events, _EVENTS),
        ):
            part = pd.DataFrame(rows, columns=list(columns))  # noqa: F841
            casts = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in columns.items())
            duckdb.sql(f"SELECT {casts} FROM part").write_parquet(
                str(self.folder / f"{table}.parquet")
            )
        return open_engine(self.folder)

    def cells(self, *, as_of: int, grace: int = 14) -> pd.DataFrame:
        return self.engine().reduce(
            "subscription_transitions", as_of=START + timedelta(days=as_of), grace_days=grace
        )

    def active(self, *, as_of: int, grace: int = 14) -> pd.DataFrame:
        day = START + timedelta(days=as_of)
        rows = self.engine().reduce("running_subscriptions", as_of=day, known_by=day)
        return active_by_order(rows, grace_days=grace)

    def ways(self, *, as_of: int, grace: int = 14) -> dict[tuple[int, str], int]:
        """How many subscriptions went which way after which order."""
        cells = self.cells(as_of=as_of, grace=grace)
        cohort = cells[cells["cut"] == "cohort"]
        return cohort.groupby(["order_no", "outcome"])["subscriptions"].sum().to_dict()


_ORDERS = {
    "order_id": "VARCHAR", "customer_id": "VARCHAR", "ordered_at": "TIMESTAMP",
    "amount_minor": "BIGINT", "purchase_type": "VARCHAR", "subscription_id": "VARCHAR",
    "subscription_order_no": "BIGINT", "source": "VARCHAR",
}  # fmt: skip
_SUBSCRIPTIONS = {
    "subscription_id": "VARCHAR", "customer_id": "VARCHAR", "started_at": "TIMESTAMP",
    "cycle_days": "BIGINT", "product_id": "VARCHAR", "commitment_orders": "BIGINT",
    "cancelled_at": "TIMESTAMP", "cancel_reason": "VARCHAR", "offer": "VARCHAR",
}  # fmt: skip
_EVENTS = {
    "subscription_id": "VARCHAR", "event_at": "TIMESTAMP", "event": "VARCHAR", "reason": "VARCHAR"
}  # fmt: skip


def stamp(day: int, *, hour: int = 6) -> pd.Timestamp:
    return pd.Timestamp(START) + pd.Timedelta(days=day, hours=hour)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """An empty book of subscriptions."""
    return Book(tmp_path)


@pytest.fixture(scope="session")
def new_book(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Book]:
    """As many empty books as wanted, for tests that make their own rows."""
    return lambda: Book(tmp_path_factory.mktemp("book"))


@pytest.fixture(scope="session")
def demo_engine() -> Callable[..., Engine]:
    """Subscriptions of a demo shop, as the generator writes them, without the rest of the shop."""

    @functools.cache
    def make(seed: int, *, planted: bool = True, customers: int = 20_000) -> Engine:
        plan = Plan(customers=customers, seed=seed, planted=planted)
        frames = visible_tables(
            draw_portion(plan, 0),
            clock=plan.clock,
            until=day_end(plan.clock),
            truth=plan.truth,
            campaign_ids=tuple(campaign.campaign_id for campaign in plan.truth.campaigns),
        )
        connection = duckdb.connect(":memory:")
        for table, question in _TABLES.items():
            part = frames[table]  # noqa: F841
            connection.execute(f"CREATE TABLE {table} AS {question}")
        return Engine(DuckDB(connection), {}, {})

    return make


@pytest.fixture(scope="session")
def demo_cells(demo_engine: Callable[..., Engine]) -> Callable[..., pd.DataFrame]:
    """Counted transitions of a demo shop's subscriptions on its last day."""

    @functools.cache
    def make(seed: int, *, planted: bool = True, customers: int = 20_000) -> pd.DataFrame:
        engine = demo_engine(seed, planted=planted, customers=customers)
        return engine.reduce("subscription_transitions", as_of=Plan().end, grace_days=14)

    return make
