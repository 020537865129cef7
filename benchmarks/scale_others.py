"""Sides of the scale table that one would write instead: polars, and pandas as in a notebook."""

from collections.abc import Callable
from typing import Any

from benchmarks.scale_data import AS_OF, MIN_CUSTOMERS, Data, Side, baskets_of, days_of, keys_of


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
