"""Shops for the tests of the customer report: any rows, straight into an engine."""

from collections.abc import Callable, Iterable
from datetime import date

import pandas as pd
import pytest

from analysis.engine import Engine, open_engine, workbench
from analysis.ingest.derived import derive_tables

START = date(2024, 1, 1)

# Customer, day since START, amount in minor units, whether it is a subscription order.
Row = tuple[str, int, int, bool]


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Iterable[Row]], Engine]:
    """Return an engine over the days of some orders, counted as an import counts them."""

    def make(rows: Iterable[Row]) -> Engine:
        folder = tmp_path_factory.mktemp("rows")
        columns = ["customer_id", "day", "amount_minor", "subscribed"]
        frame = pd.DataFrame(list(rows), columns=columns)
        with workbench() as bench:
            bench.register("given", frame)
            bench.execute(
                "CREATE TABLE orders AS SELECT CAST(row_number() OVER () AS VARCHAR) AS order_id, "
                "CAST(customer_id AS VARCHAR) AS customer_id, "
                "$start + to_days(CAST(given.day AS INTEGER)) AS ordered_at, "
                "CASE WHEN subscribed THEN 'subscription' ELSE 'one_off' END AS purchase_type, "
                "CAST(amount_minor AS BIGINT) AS amount_minor FROM given",
                {"start": START},
            )
            derive_tables(bench)
            for table in ("customer_day", "customer_keys"):
                bench.table(table).write_parquet(str(folder / f"{table}.parquet"))
        return open_engine(folder)

    return make
