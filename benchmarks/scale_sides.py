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

from benchmarks.scale_data import AS_OF, Data, baskets_of, days_of, keys_of, make_data
from benchmarks.scale_servers import CONNECTION, Meter

MIN_CUSTOMERS = 10
Row = dict[str, int]
Side = Callable[[Data], Callable[[], Any]]

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


def polars(task: str) -> Side:
    """The same from the same tables by the streaming engine."""
    import polars as pl

    day_no = pl.col("day").dt.epoch("d")
    bought = (pl.col("day") <= AS_OF) & (pl.col("purchase_type") == "one_off")

    def histories(data: Data) -> Any:
        return pl.scan_parquet(days_of(data)).filter(bought)

    def summary(data: Data) -> Any:
        repeats = pl.col("amount_minor").filter(pl.col("purchase_no") > 1)
        counted = (
            histories(data)
            .group_by("customer_no")
            .agg(
                pl.col("day").min().alias("first_day"),
                pl.col("day").max().alias("last_day"),
                pl.len().alias("purchases"),
                repeats.sum().alias("repeat_amount_minor"),
                pl.col("amount_minor").sum(),
            )
        )
        named = counted.join(pl.scan_parquet(keys_of(data)), on="customer_no")
        return named.sort("customer_no").select(
            "customer_id",
            "first_day",
            (pl.col("purchases").cast(pl.Int64) - 1).alias("frequency"),
            (pl.col("last_day") - pl.col("first_day")).dt.total_days().alias("recency_days"),
            (pl.lit(AS_OF) - pl.col("first_day")).dt.total_days().alias("age_days"),
            "repeat_amount_minor",
            "amount_minor",
        )

    def cells(data: Data) -> Any:
        keys = ["frequency", "recency_days", "age_days"]
        counted = (
            histories(data)
            .group_by("customer_no")
            .agg(
                (pl.len().cast(pl.Int64) - 1).alias("frequency"),
                (day_no.max() - day_no.min()).cast(pl.Int64).alias("recency_days"),
                (pl.lit(AS_OF) - pl.col("day").min()).dt.total_days().alias("age_days"),
            )
        )
        return counted.group_by(keys).agg(pl.len().cast(pl.Int64).alias("customers")).sort(keys)

    def cohorts(data: Data) -> Any:
        def month(day: str) -> Any:
            return pl.col(day).dt.year().cast(pl.Int64) * 12 + pl.col(day).dt.month() - 1

        keys = ["cohort_no", "age_months"]
        rows = pl.scan_parquet(days_of(data)).filter(pl.col("day") <= AS_OF)
        aged = rows.with_columns(
            month("first_day").alias("cohort_no"),
            (month("day") - month("first_day")).alias("age_months"),
        )
        return (
            aged.group_by(keys)
            .agg(
                pl.col("opens_month").sum().alias("customers"),
                pl.col("opens_day").sum().alias("purchases"),
                pl.col("amount_minor").sum(),
            )
            .sort(keys)
        )

    def pairs(data: Data) -> Any:
        rows = (
            pl.scan_parquet(baskets_of(data))
            .filter(bought)
            .select("customer_no", "order_no", "product_no")
            .cast(pl.Int32)
        )
        sold = rows.group_by("product_no").len().filter(pl.col("len") >= MIN_CUSTOMERS)
        orders = rows.select("customer_no", "order_no").unique().sort("customer_no", "order_no")
        numbered = orders.with_columns(
            pl.int_range(pl.len()).over("customer_no").cast(pl.Int32).alias("one_off_no")
        )
        lines = rows.join(sold.select("product_no"), on="product_no").join(
            numbered.select("order_no", "one_off_no"), on="order_no"
        )
        firsts = lines.group_by("customer_no", "product_no").agg(pl.col("one_off_no").min() + 1)
        found = firsts.join(lines, on=["customer_no", "one_off_no"])
        keys = ["product_no", "product_no_right"]
        counted = found.group_by(keys).agg(pl.len().cast(pl.Int64).alias("customers"))
        enough = pl.col("customers") >= MIN_CUSTOMERS
        same = pl.col("product_no") == pl.col("product_no_right")
        named = counted.filter(enough | same).rename({"product_no_right": "other_product_no"})
        return named.sort("product_no", "other_product_no")

    query = {"summary": summary, "cells": cells, "cohorts": cohorts, "pairs": pairs}[task]

    def prepare(data: Data) -> Callable[[], Any]:
        return lambda: query(data).collect(engine="streaming").to_pandas()

    return prepare


def pandas(task: str) -> Side:
    """The same from the same tables, as one writes it in a notebook."""
    import pandas as pd

    def days(data: Data, *columns: str, one_off: bool) -> Any:
        wanted = [*columns, "purchase_type"] if one_off else list(columns)
        folder = data.derived / "customer_day.parquet"
        rows = pd.read_parquet(folder, columns=wanted)
        rows["day"] = pd.to_datetime(rows["day"])
        return rows[rows["purchase_type"] == "one_off"] if one_off else rows

    def summary(data: Data) -> Any:
        columns = ("customer_no", "day", "purchase_no", "amount_minor")
        rows = days(data, *columns, one_off=True)
        rows["repeat_amount_minor"] = rows["amount_minor"].where(rows["purchase_no"] > 1, 0)
        found = rows.groupby("customer_no", sort=True).agg(
            first_day=("day", "min"), last_day=("day", "max"), frequency=("day", "size"),
            repeat_amount_minor=("repeat_amount_minor", "sum"),
            amount_minor=("amount_minor", "sum"),
        )  # fmt: skip
        found["frequency"] -= 1
        found["recency_days"] = (found["last_day"] - found["first_day"]).dt.days
        found["age_days"] = (pd.Timestamp(AS_OF) - found["first_day"]).dt.days
        keys = pd.read_parquet(data.derived / "customer_keys.parquet")
        return found.join(keys.set_index("customer_no"))

    def cells(data: Data) -> Any:
        keys = ["frequency", "recency_days", "age_days"]
        grouped = days(data, "customer_no", "day", one_off=True).groupby("customer_no", sort=False)
        found = grouped["day"].agg(["size", "min", "max"])
        found["frequency"] = found["size"] - 1
        found["recency_days"] = (found["max"] - found["min"]).dt.days
        found["age_days"] = (pd.Timestamp(AS_OF) - found["min"]).dt.days
        return found.groupby(keys).size().rename("customers").reset_index()

    def cohorts(data: Data) -> Any:
        columns = ("day", "first_day", "opens_month", "opens_day", "amount_minor")
        rows = days(data, *columns, one_off=False)
        first = pd.to_datetime(rows["first_day"])
        rows["cohort_no"] = first.dt.year * 12 + first.dt.month - 1
        month_no = rows["day"].dt.year * 12 + rows["day"].dt.month - 1
        rows["age_months"] = month_no - rows["cohort_no"]
        return rows.groupby(["cohort_no", "age_months"], as_index=False).agg(
            customers=("opens_month", "sum"), purchases=("opens_day", "sum"),
            amount_minor=("amount_minor", "sum"),
        )  # fmt: skip

    def pairs(data: Data) -> Any:
        columns = ["customer_no", "order_no", "product_no", "purchase_type"]
        rows = pd.read_parquet(data.derived / "baskets.parquet", columns=columns)
        rows = rows[rows["purchase_type"] == "one_off"].drop(columns="purchase_type")
        orders = rows[["customer_no", "order_no"]].drop_duplicates().sort_values("order_no")
        orders["one_off_no"] = orders.groupby("customer_no").cumcount()
        sold = rows["product_no"].value_counts()
        rows = rows[rows["product_no"].isin(sold[sold >= MIN_CUSTOMERS].index)]
        lines = rows.merge(orders[["order_no", "one_off_no"]], on="order_no")
        firsts = lines.groupby(["customer_no", "product_no"], as_index=False)["one_off_no"].min()
        firsts["one_off_no"] += 1
        found = firsts.merge(lines, on=["customer_no", "one_off_no"], suffixes=("", "_next"))
        counted = found.groupby(["product_no", "product_no_next"]).size().reset_index()
        counted.columns = ["product_no", "other_product_no", "customers"]
        same = counted["product_no"] == counted["other_product_no"]
        return counted[(counted["customers"] >= MIN_CUSTOMERS) | same]

    query = {"summary": summary, "cells": cells, "cohorts": cohorts, "pairs": pairs}[task]
    return lambda data: lambda: query(data)


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
