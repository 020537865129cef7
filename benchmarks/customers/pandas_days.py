"""Notebook 01's reductions of `customer_day` as one writes them with pandas in a notebook."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.customers.asked import (
    AS_OF,
    COMPARED_ON,
    DORMANCY_DAYS,
    FIXED_DAYS,
    MONTH_NO,
    PERIOD_DAYS,
    RANK_WINDOW_DAYS,
    SUBSCRIPTION_DAYS,
    WINDOW_DAYS,
)

NOW = pd.Timestamp(AS_OF)


def read(folder: Path, table: str, *columns: str, **values: Any) -> pd.DataFrame:
    """Read columns of a table, and only rows up to the day with these values."""
    filters = [(name, "==", value) for name, value in values.items()]
    if table in ("customer_day", "baskets"):
        filters.append(("day", "<=", AS_OF))
    rows = pq.read_table(
        folder / f"{table}.parquet", columns=list(columns), filters=filters or None
    )
    # A quantity would come as an object of Python's, with which pandas counts slowly.
    for place, field in enumerate(rows.schema):
        if pa.types.is_decimal(field.type):
            rows = rows.set_column(place, field.name, rows.column(place).cast(pa.float64()))
    return rows.to_pandas(date_as_object=False)


def month_no(days: pd.Series) -> pd.Series:
    """Return the months of days, counted through."""
    return days.dt.year * 12 + days.dt.month - 1


def _one_off(folder: Path, *columns: str) -> pd.DataFrame:
    days = read(folder, "customer_day", "customer_no", "day", *columns, purchase_type="one_off")
    return days.sort_values(["customer_no", "day"], ignore_index=True)


def _all_days(folder: Path) -> pd.DataFrame:
    days = read(folder, "customer_day", "customer_no", "day", "purchase_type", "amount_minor")
    lengths = {"one_off": DORMANCY_DAYS, "subscription": SUBSCRIPTION_DAYS}
    days["active_days"] = days["purchase_type"].map(lengths)
    merged = days.groupby(["customer_no", "day"]).agg(
        active_days=("active_days", "max"), amount_minor=("amount_minor", "sum")
    )
    return merged.reset_index()


def period(folder: Path) -> pd.DataFrame:
    days = read(folder, "customer_day", "customer_no", "day", "orders", "amount_minor")
    return pd.DataFrame(
        {
            "first_day": [days["day"].min()],
            "last_day": [days["day"].max()],
            "customers": [days["customer_no"].nunique()],
            "orders": [days["orders"].sum()],
            "amount_minor": [days["amount_minor"].sum()],
        }
    )


def order_gaps(folder: Path) -> pd.DataFrame:
    days = _one_off(folder)
    by_customer = days.groupby("customer_no")["day"]
    next_day = by_customer.shift(-1)
    days["order_no"] = by_customer.cumcount() + 1
    days["gap_days"] = (next_day.fillna(NOW) - days["day"]).dt.days
    days["has_next"] = next_day.notna()
    keys = ["order_no", "gap_days", "has_next"]
    return days.groupby(keys).size().reset_index(name="customers")


def revenue_by_purchase(folder: Path) -> pd.DataFrame:
    days = _one_off(folder, "amount_minor")
    days["kind"] = (days.groupby("customer_no").cumcount() + 1).clip(upper=4)
    one_off = days.groupby(["day", "kind"], as_index=False).agg(
        purchases=("amount_minor", "size"), amount_minor=("amount_minor", "sum")
    )
    columns = ["day", "orders", "amount_minor"]
    subscribed = read(folder, "customer_day", *columns, purchase_type="subscription")
    renewals = (
        subscribed.groupby("day", as_index=False).sum().rename(columns={"orders": "purchases"})
    )
    both = pd.concat([one_off, renewals.assign(kind=0)])
    return both.sort_values(["day", "kind"])


def purchase_steps(folder: Path) -> pd.DataFrame:
    days = _one_off(folder, "amount_minor")
    by_customer = days.groupby("customer_no")
    days["purchase_no"] = by_customer.cumcount() + 1
    gap_days = (by_customer["day"].shift(-1) - days["day"]).dt.days
    days["next_amount_minor"] = by_customer["amount_minor"].shift(-1).fillna(0).astype("int64")
    days["has_next"] = gap_days.notna()
    days["is_mature"] = (NOW - days["day"]).dt.days >= WINDOW_DAYS
    days["came_back"] = days["is_mature"] & (gap_days <= WINDOW_DAYS)
    days["back_amount_minor"] = days["next_amount_minor"].where(days["came_back"], 0)
    return (
        days[days["purchase_no"] <= 10]
        .groupby("purchase_no", as_index=False)
        .agg(
            customers=("day", "size"),
            next_ever=("has_next", "sum"),
            mature_customers=("is_mature", "sum"),
            mature_next=("came_back", "sum"),
            mature_next_amount_minor=("back_amount_minor", "sum"),
        )
    )


def customer_balance(folder: Path) -> pd.DataFrame:
    days = _all_days(folder)
    by_customer = days.groupby("customer_no")
    silent = (NOW - days["day"]).dt.days
    days["own_quiet"] = silent - days["active_days"]
    days["quiet"] = by_customer["own_quiet"].cummin()
    quiet_before = by_customer["quiet"].shift()
    next_silent = silent.groupby(days["customer_no"]).shift(-1)
    in_period = silent < PERIOD_DAYS
    quiet = days["quiet"]
    told = pd.DataFrame(
        {
            "customer_no": days["customer_no"],
            "is_buyer": in_period,
            "is_new": in_period & quiet_before.isna(),
            "came_back": in_period & (quiet_before > silent),
            "went_quiet": (quiet >= 0) & (quiet < PERIOD_DAYS) & ~(next_silent >= quiet),
            "active_at_start": ~in_period & (quiet < PERIOD_DAYS) & ~(next_silent >= PERIOD_DAYS),
            "active_at_end": next_silent.isna() & (quiet < 0),
        }
    )
    customers = told.groupby("customer_no")[["is_buyer", "is_new"]].any()
    sums = told[["came_back", "went_quiet", "active_at_start", "active_at_end"]].sum()
    return pd.DataFrame(
        {
            "customers": [len(customers)],
            "active_at_start": [sums["active_at_start"]],
            "new_customers": [customers["is_new"].sum()],
            "came_back": [sums["came_back"]],
            "went_quiet": [sums["went_quiet"]],
            "active_at_end": [sums["active_at_end"]],
            "buyers": [customers["is_buyer"].sum()],
            "returning_customers": [(customers["is_buyer"] & ~customers["is_new"]).sum()],
            "purchases": [in_period.sum()],
            "amount_minor": [days.loc[in_period, "amount_minor"].sum()],
        }
    )


def customer_ranks(folder: Path) -> pd.DataFrame:
    days, then = _all_days(folder), pd.Timestamp(COMPARED_ON)
    silent, silent_then = (NOW - days["day"]).dt.days, (then - days["day"]).dt.days
    in_window = silent < RANK_WINDOW_DAYS
    in_window_then = (silent_then >= 0) & (silent_then < RANK_WINDOW_DAYS)
    days["silent"] = silent
    days["silent_then"] = silent_then.where(silent_then >= 0)
    days["quiet_ago_days"] = silent - days["active_days"]
    days["window_purchases"], days["then_window_purchases"] = in_window, in_window_then
    days["window_amount_minor"] = days["amount_minor"].where(in_window, 0)
    days["then_window_amount_minor"] = days["amount_minor"].where(in_window_then, 0)
    ranks = days.groupby("customer_no").agg(
        age_days=("silent", "max"),
        recency_days=("silent", "min"),
        purchases=("silent", "size"),
        amount_minor=("amount_minor", "sum"),
        quiet_ago_days=("quiet_ago_days", "min"),
        window_purchases=("window_purchases", "sum"),
        window_amount_minor=("window_amount_minor", "sum"),
        then_age_days=("silent_then", "max"),
        then_recency_days=("silent_then", "min"),
        then_window_purchases=("then_window_purchases", "sum"),
        then_window_amount_minor=("then_window_amount_minor", "sum"),
    )
    return ranks.fillna(-1).reset_index(drop=True)


def second_purchase_cohorts(folder: Path) -> pd.DataFrame:
    days = _one_off(folder)
    by_customer = days.groupby("customer_no")["day"]
    days["gap_days"] = (by_customer.shift(-1) - days["day"]).dt.days
    firsts = days.drop_duplicates("customer_no").copy()
    firsts["month_no"] = month_no(firsts["day"])
    firsts["has_second"] = firsts["gap_days"].notna()
    firsts["is_mature"] = (NOW - firsts["day"]).dt.days >= WINDOW_DAYS
    firsts["came_back"] = firsts["is_mature"] & (firsts["gap_days"] <= WINDOW_DAYS)
    return firsts.groupby("month_no", as_index=False).agg(
        customers=("day", "size"),
        second_ever=("has_second", "sum"),
        mature_customers=("is_mature", "sum"),
        mature_second=("came_back", "sum"),
    )


def purchases_a_month(folder: Path) -> pd.DataFrame:
    days = read(folder, "customer_day", "customer_no", "day").drop_duplicates()
    days["month_no"] = month_no(days["day"])
    buyers = days.groupby(["customer_no", "month_no"]).size().reset_index(name="purchases")
    return buyers.groupby(["month_no", "purchases"]).size().reset_index(name="customers")


def retention_cohorts(folder: Path) -> pd.DataFrame:
    days = read(folder, "customer_day", "customer_no", "day", "amount_minor")
    days = days.groupby(["customer_no", "day"], as_index=False)["amount_minor"].sum()
    days["month_no"] = month_no(days["day"])
    months = days.groupby(["customer_no", "month_no"], as_index=False).agg(
        purchases=("day", "size"), amount_minor=("amount_minor", "sum")
    )
    months["cohort_no"] = months.groupby("customer_no")["month_no"].transform("min")
    months["age_months"] = months["month_no"] - months["cohort_no"]
    return months.groupby(["cohort_no", "age_months"], as_index=False).agg(
        customers=("purchases", "size"),
        purchases=("purchases", "sum"),
        amount_minor=("amount_minor", "sum"),
    )


def definition_counts(folder: Path) -> pd.DataFrame:
    days = read(folder, "customer_day", "customer_no", "day", purchase_type="one_off")
    days["month_no"] = month_no(days["day"])
    days["in_month"] = days["month_no"] == MONTH_NO
    days["in_month_before"] = days["month_no"] == MONTH_NO - 1
    customers = days.groupby("customer_no").agg(
        purchases=("day", "size"),
        first_month_no=("month_no", "min"),
        last_day=("day", "max"),
        in_month=("in_month", "max"),
        in_month_before=("in_month_before", "max"),
    )
    bought, before = customers["in_month"], customers["in_month_before"]
    silent_days = (NOW - customers["last_day"]).dt.days
    return pd.DataFrame(
        {
            "customers": [len(customers)],
            "purchases": [customers["purchases"].sum()],
            "most_purchases": [customers["purchases"].max()],
            "repeat_customers": [(customers["purchases"] > 1).sum()],
            "month_buyers": [bought.sum()],
            "month_before_buyers": [before.sum()],
            "both_months_buyers": [(bought & before).sum()],
            "month_returning": [(bought & (customers["first_month_no"] < MONTH_NO)).sum()],
            "within_fixed_days": [(silent_days < FIXED_DAYS).sum()],
        }
    )
