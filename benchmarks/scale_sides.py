"""One measured side of the scale table, in a process of its own.

`python -m benchmarks.scale_sides TOOL TASK LINES FOLDER` does the work once and prints one line of
JSON: CPU seconds and wall of the work, peak memory, both with what works for it in other processes,
and what came out.
"""

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.scale_data import AS_OF, MIN_CUSTOMERS, Data, Side, days_of, make_data
from benchmarks.scale_others import pandas, polars
from benchmarks.scale_servers import CONNECTION, Meter

_FILES = {
    "summary": "btyd_summary",
    "cells": "btyd_cells",
    "cohorts": "retention_cohorts",
    "pairs": "next_product",
}


def ours(task: str) -> Side:
    """Run the reduction from the derived tables, pandas frame included."""
    from analysis.engine import open_engine

    def prepare(data: Data) -> Callable[[], Any]:
        return lambda: open_engine(data.derived).reduce(_FILES[task], **_parameters(task))

    return prepare


def warehouse(task: str) -> Side:
    """Run the same reduction where the connection leads, which is open already."""
    from analysis.engine.limits import ResourceLimits
    from analysis.engine.warehouse import open_warehouse

    def prepare(data: Data) -> Callable[[], Any]:
        engine = open_warehouse(
            CONNECTION, shop=CONNECTION, limits=ResourceLimits(), folder=data.derived
        )
        return lambda: engine.reduce(_FILES[task], **_parameters(task))

    return prepare


def _parameters(task: str) -> dict[str, Any]:
    more = {"min_customers": MIN_CUSTOMERS} if task == "pairs" else {}
    return {"as_of": AS_OF, **more}


def floor(_task: str) -> Side:
    """Decode the columns of `customer_day` that cells need, and pass once over them in time order.

    Counting the cells is left out: no way to them from this table can do with less than this.
    """
    return _floor("SELECT {} FROM read_parquet($files) WHERE purchase_type = 'one_off'", days_of)


def order_floor(_task: str) -> Side:
    """Do the same from the orders themselves, as a way to the cells without `customer_day` must."""
    days = "SELECT {} FROM (SELECT *, CAST(ordered_at AS DATE) AS day FROM read_parquet($files) "
    return _floor(days + "WHERE purchase_type = 'one_off')", lambda data: data.orders)


def _floor(days: str, files: Callable[[Data], Any]) -> Side:
    import duckdb
    import numpy as np

    def prepare(data: Data) -> Callable[[], Any]:
        place = {"files": files(data)}
        columns = duckdb.connect().read_parquet(files(data)).columns
        customer = "customer_no" if "customer_no" in columns else "customer_id"
        key = customer if customer == "customer_no" else f"hash({customer}) % 1099511627776"
        numbered = f"{key} AS slot, day - DATE '2000-01-01' AS day_no"
        with duckdb.connect() as connection:
            found = connection.execute(f"{days.format(numbered)} ORDER BY day", place).fetchnumpy()
        # Numbering the customers is not counted.
        _, slot = np.unique(found["slot"], return_inverse=True)
        slot, day = slot.astype(np.int32), found["day_no"].astype(np.int32)
        customers = int(slot.max()) + 1

        def work() -> dict[str, int]:
            with duckdb.connect() as decode:
                decode.execute(days.format(f"max({customer}), max(day)"), place).fetchall()
            first = np.empty(customers, np.int32)
            last = np.empty(customers, np.int32)
            first[slot[::-1]] = day[::-1]
            last[slot] = day
            frequency = np.bincount(slot, minlength=customers)
            return {"customers": customers, "days": int((last - first).sum() + frequency.sum())}

        return work

    return prepare


def lifetimes(_task: str) -> Side:
    """Summarize the one-off orders with lifetimes' own function."""
    import pandas as pd
    from lifetimes.utils import summary_data_from_transaction_data

    def prepare(data: Data) -> Callable[[], Any]:
        def work() -> Any:
            columns = ["customer_id", "ordered_at", "amount_minor"]
            orders = pd.read_parquet(
                data.orders, columns=columns, filters=[("purchase_type", "==", "one_off")]
            )
            found = summary_data_from_transaction_data(
                orders, *columns, observation_period_end=str(AS_OF)
            )
            repeats = (found["monetary_value"] * found["frequency"]).round()
            found = found.rename(columns={"recency": "recency_days", "T": "age_days"})
            return found.assign(repeat_amount_minor=repeats)

        return work

    return prepare


TOOLS: dict[str, Callable[[str], Side]] = {
    "ours": ours,
    "floor": floor,
    "order floor": order_floor,
    "polars": polars,
    "pandas": pandas,
    "lifetimes": lifetimes,
    "postgres": warehouse,
    "spark": warehouse,
}

_CHECKED = {
    "summary": ("frequency", "recency_days", "age_days", "repeat_amount_minor"),
    "cells": ("frequency", "recency_days", "age_days", "customers"),
    "cohorts": ("cohort_no", "age_months", "customers", "purchases", "amount_minor"),
    "pairs": ("product_no", "other_product_no", "customers"),
}


def check(task: str, result: Any) -> list[int]:
    """Return what must be the same on every side: rows, sums, and sums of products of columns."""
    if isinstance(result, dict):
        return []
    columns = [result[name].to_numpy().astype("int64") for name in _CHECKED[task]]
    follow = [int((columns[0] % 1009 * (other % 1009)).sum()) for other in columns[1:]]
    return [len(result), *(int(column.sum()) for column in columns), *follow]


def main(tool: str, task: str, lines: str, folder: str) -> None:
    """Do the work of one side once."""
    warnings.simplefilter("ignore")
    work = TOOLS[tool](task)(make_data(Path(folder), int(lines)))
    with Meter() as others:
        cpu, wall = time.process_time(), time.perf_counter()
        result = work()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    own_peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    said = {
        "cpu_seconds": cpu + others.cpu_seconds,
        "wall_seconds": wall,
        "peak_bytes": own_peak_bytes + others.peak_bytes,
        "check": check(task, result),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
