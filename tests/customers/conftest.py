"""Shops for the tests of the customer report: any rows, straight into an engine."""

from collections.abc import Callable, Iterable
from datetime import date

import duckdb
import pandas as pd
import pytest

from analysis.engine import Engine, open_engine

START = date(2024, 1, 1)

# Customer, day since START, amount in minor units, whether it is a subscription order.
Row = tuple[str, int, int, bool]


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Iterable[Row]], Engine]:
    """Return an engine over the days of some orders, counted as an import counts them."""

    def make(rows: Iterable[Row]) -> Engine:
        folder = tmp_path_factory.mktemp("rows")
        columns = ["customer_id", "day", "amount_minor", "subscribed"]
        frame = pd.DataFrame(list(rows), columns=columns)  # noqa: F841
        duckdb.sql(
            f"SELECT customer_id, DATE '{START}' + CAST(frame.day AS INTEGER) AS day, "
            "CASE WHEN subscribed THEN 'subscription' ELSE 'one_off' END AS purchase_type, "
            "count(*) AS orders, CAST(sum(amount_minor) AS BIGINT) AS amount_minor FROM frame "
            "GROUP BY ALL"
        ).write_parquet(str(folder / "customer_day.parquet"))
        return open_engine(folder)

    return make
