"""Notebook 01's reductions of `customer_day` as one writes them with polars' lazy frames."""

from pathlib import Path

import polars as pl

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

DAY = pl.col("day")
NOW = pl.lit(AS_OF)
SILENT_DAYS = (NOW - DAY).dt.total_days()
MONTH = DAY.dt.year().cast(pl.Int64) * 12 + DAY.dt.month() - 1
ONE_OFF = pl.col("purchase_type") == "one_off"


def scan(folder: Path, table: str) -> pl.LazyFrame:
    """Open a table, up to the day where its rows have one."""
    place = folder / f"{table}.parquet"
    rows = pl.scan_parquet(place / "*" if place.is_dir() else place)
    if table == "baskets":
        rows = rows.with_columns(pl.col("quantity").cast(pl.Float64))
    return rows.filter(DAY <= AS_OF) if table in ("customer_day", "baskets") else rows


def _one_off(folder: Path) -> pl.LazyFrame:
    return scan(folder, "customer_day").filter(ONE_OFF).sort("customer_no", "day")


def _following(column: str) -> pl.Expr:
    return pl.col(column).shift(-1).over("customer_no")


def _purchase_no() -> pl.Expr:
    return pl.int_range(1, pl.len() + 1).over("customer_no")


def _all_days(folder: Path) -> pl.LazyFrame:
    active_days = pl.when(ONE_OFF).then(DORMANCY_DAYS).otherwise(SUBSCRIPTION_DAYS)
    return (
        scan(folder, "customer_day")
        .group_by("customer_no", "day")
        .agg(active_days.max().alias("active_days"), pl.col("amount_minor").sum())
    )


def period(folder: Path) -> pl.LazyFrame:
    return scan(folder, "customer_day").select(
        DAY.min().alias("first_day"),
        DAY.max().alias("last_day"),
        pl.col("customer_no").n_unique().alias("customers"),
        pl.col("orders").sum(),
        pl.col("amount_minor").sum(),
    )


def order_gaps(folder: Path) -> pl.LazyFrame:
    waits = _one_off(folder).select(
        _purchase_no().alias("order_no"), "day", _following("day").alias("next_day")
    )
    gap_days = (pl.col("next_day").fill_null(NOW) - DAY).dt.total_days()
    has_next = pl.col("next_day").is_not_null()
    keys = ["order_no", "gap_days", "has_next"]
    dated = waits.with_columns(gap_days.alias("gap_days"), has_next.alias("has_next"))
    return dated.group_by(keys).agg(pl.len().alias("customers")).sort(keys)


def revenue_by_purchase(folder: Path) -> pl.LazyFrame:
    one_off = (
        _one_off(folder)
        .with_columns(_purchase_no().clip(upper_bound=4).alias("kind"))
        .group_by("day", "kind")
        .agg(pl.len().cast(pl.Int64).alias("purchases"), pl.col("amount_minor").sum())
    )
    renewals = (
        scan(folder, "customer_day")
        .filter(~ONE_OFF)
        .group_by("day")
        .agg(pl.col("orders").sum().alias("purchases"), pl.col("amount_minor").sum())
        .with_columns(pl.lit(0, pl.Int64).alias("kind"))
    )
    return pl.concat([one_off, renewals.select(one_off.collect_schema().names())]).sort(
        "day", "kind"
    )


def purchase_steps(folder: Path) -> pl.LazyFrame:
    gap_days = (_following("day") - DAY).dt.total_days()
    steps = _one_off(folder).select(
        _purchase_no().alias("purchase_no"),
        gap_days.is_not_null().alias("has_next"),
        (SILENT_DAYS >= WINDOW_DAYS).alias("is_mature"),
        (gap_days <= WINDOW_DAYS).fill_null(value=False).alias("in_window"),
        _following("amount_minor").alias("next_amount_minor"),
    )
    came_back = pl.col("is_mature") & pl.col("in_window")
    return (
        steps.filter(pl.col("purchase_no") <= 10)
        .group_by("purchase_no")
        .agg(
            pl.len().alias("customers"),
            pl.col("has_next").sum().alias("next_ever"),
            pl.col("is_mature").sum().alias("mature_customers"),
            came_back.sum().alias("mature_next"),
            pl.col("next_amount_minor").filter(came_back).sum().alias("mature_next_amount_minor"),
        )
        .sort("purchase_no")
    )


def customer_balance(folder: Path) -> pl.LazyFrame:
    days = _all_days(folder).sort("customer_no", "day").with_columns(SILENT_DAYS.alias("silent"))
    quiet, silent = pl.col("quiet"), pl.col("silent")
    running = (silent - pl.col("active_days")).cum_min().over("customer_no")
    days = days.with_columns(running.alias("quiet"), _following("silent").alias("next_silent"))
    days = days.with_columns(quiet.shift(1).over("customer_no").alias("quiet_before"))
    in_period, next_silent = silent < PERIOD_DAYS, pl.col("next_silent")
    kept = (quiet < PERIOD_DAYS) & (next_silent.is_null() | (next_silent < PERIOD_DAYS))
    customers = days.group_by("customer_no").agg(
        in_period.any().alias("is_buyer"),
        (in_period & pl.col("quiet_before").is_null()).any().alias("is_new"),
        (in_period & (pl.col("quiet_before") > silent)).sum().alias("came_back"),
        ((quiet >= 0) & (quiet < PERIOD_DAYS) & (next_silent.is_null() | (next_silent < quiet)))
        .sum()
        .alias("went_quiet"),
        (~in_period & kept).any().alias("active_at_start"),
        (next_silent.is_null() & (quiet < 0)).any().alias("active_at_end"),
        in_period.sum().alias("purchases"),
        pl.col("amount_minor").filter(in_period).sum(),
    )
    is_buyer, is_new = pl.col("is_buyer"), pl.col("is_new")
    sums = ["active_at_start", "came_back", "went_quiet", "active_at_end", "purchases"]
    return customers.select(
        pl.len().alias("customers"),
        is_new.sum().alias("new_customers"),
        is_buyer.sum().alias("buyers"),
        (is_buyer & ~is_new).sum().alias("returning_customers"),
        pl.col(*sums, "amount_minor").sum(),
    )


def customer_ranks(folder: Path) -> pl.LazyFrame:
    days = _all_days(folder).with_columns(
        SILENT_DAYS.alias("silent"), (pl.lit(COMPARED_ON) - DAY).dt.total_days().alias("then")
    )
    silent, then, amount = pl.col("silent"), pl.col("then"), pl.col("amount_minor")
    in_window, by_then = silent < RANK_WINDOW_DAYS, then >= 0
    in_window_then = by_then & (then < RANK_WINDOW_DAYS)
    ranks = days.group_by("customer_no").agg(
        silent.max().alias("age_days"),
        silent.min().alias("recency_days"),
        pl.len().alias("purchases"),
        amount.sum(),
        (silent - pl.col("active_days")).min().alias("quiet_ago_days"),
        in_window.sum().alias("window_purchases"),
        amount.filter(in_window).sum().alias("window_amount_minor"),
        then.filter(by_then).max().fill_null(-1).alias("then_age_days"),
        then.filter(by_then).min().fill_null(-1).alias("then_recency_days"),
        in_window_then.sum().alias("then_window_purchases"),
        amount.filter(in_window_then).sum().alias("then_window_amount_minor"),
    )
    return ranks.sort("customer_no").drop("customer_no")


def second_purchase_cohorts(folder: Path) -> pl.LazyFrame:
    gap_days = (_following("day") - DAY).dt.total_days()
    numbered = _one_off(folder).with_columns(
        _purchase_no().alias("purchase_no"), gap_days.alias("gap_days")
    )
    is_mature = SILENT_DAYS >= WINDOW_DAYS
    return (
        numbered.filter(pl.col("purchase_no") == 1)
        .group_by(MONTH.alias("month_no"))
        .agg(
            pl.len().alias("customers"),
            pl.col("gap_days").is_not_null().sum().alias("second_ever"),
            is_mature.sum().alias("mature_customers"),
            (is_mature & (pl.col("gap_days") <= WINDOW_DAYS)).sum().alias("mature_second"),
        )
        .sort("month_no")
    )


def purchases_a_month(folder: Path) -> pl.LazyFrame:
    keys = ["month_no", "purchases"]
    days = scan(folder, "customer_day").select("customer_no", "day").unique()
    buyers = days.group_by("customer_no", MONTH.alias("month_no")).agg(pl.len().alias("purchases"))
    return buyers.group_by(keys).agg(pl.len().alias("customers")).sort(keys)


def retention_cohorts(folder: Path) -> pl.LazyFrame:
    keys = ["cohort_no", "age_months"]
    days = (
        scan(folder, "customer_day")
        .group_by("customer_no", "day")
        .agg(pl.col("amount_minor").sum())
    )
    months = days.group_by("customer_no", MONTH.alias("month_no")).agg(
        pl.len().alias("purchases"), pl.col("amount_minor").sum()
    )
    cohort_no = pl.col("month_no").min().over("customer_no")
    aged = months.with_columns(
        cohort_no.alias("cohort_no"), (pl.col("month_no") - cohort_no).alias("age_months")
    )
    return (
        aged.group_by(keys)
        .agg(pl.len().alias("customers"), pl.col("purchases", "amount_minor").sum())
        .sort(keys)
    )


def definition_counts(folder: Path) -> pl.LazyFrame:
    customers = (
        scan(folder, "customer_day")
        .filter(ONE_OFF)
        .group_by("customer_no")
        .agg(
            pl.len().alias("purchases"),
            MONTH.min().alias("first_month_no"),
            SILENT_DAYS.min().alias("silent_days"),
            (MONTH == MONTH_NO).any().alias("in_month"),
            (MONTH == MONTH_NO - 1).any().alias("in_month_before"),
        )
    )
    bought, before = pl.col("in_month"), pl.col("in_month_before")
    return customers.select(
        pl.len().alias("customers"),
        pl.col("purchases").sum(),
        pl.col("purchases").max().alias("most_purchases"),
        (pl.col("purchases") > 1).sum().alias("repeat_customers"),
        bought.sum().alias("month_buyers"),
        before.sum().alias("month_before_buyers"),
        (bought & before).sum().alias("both_months_buyers"),
        (bought & (pl.col("first_month_no") < MONTH_NO)).sum().alias("month_returning"),
        (pl.col("silent_days") < FIXED_DAYS).sum().alias("within_fixed_days"),
    )
