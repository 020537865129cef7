"""Notebook 01's reductions of `orders` as one writes them with polars' lazy frames."""

from pathlib import Path

import polars as pl

from benchmarks.customers.asked import AS_OF, RANK_WINDOW_DAYS, STEP_MINOR, VALUE_DAYS
from benchmarks.customers.polars_days import DAY, MONTH, NOW, ONE_OFF, SILENT_DAYS, scan

_COUNTS = [
    pl.len().alias("orders"),
    pl.col("customer_id").n_unique().alias("customers"),
    pl.col("amount_minor", "discount_minor").sum(),
]


def _orders(folder: Path) -> pl.LazyFrame:
    day = pl.col("ordered_at").dt.date().alias("day")
    return scan(folder, "orders").with_columns(day).filter(DAY <= AS_OF)


def _first_orders(folder: Path) -> pl.LazyFrame:
    orders = _orders(folder).select("customer_id", "ordered_at", "order_id", "source", "day")
    in_order = orders.sort("ordered_at", "order_id")
    return in_order.unique("customer_id", keep="first", maintain_order=True)


def _values(folder: Path) -> pl.LazyFrame:
    days = scan(folder, "customer_day").select("customer_no", "day", "amount_minor")
    days = days.with_columns(DAY.min().over("customer_no").alias("first_day"))
    age_days = (DAY - pl.col("first_day")).dt.total_days()
    paid = [
        pl.col("amount_minor").filter(age_days < window).sum().alias(f"amount_{window}d_minor")
        for window in VALUE_DAYS
    ]
    return days.group_by("customer_no", "first_day").agg(paid)


def value_by_first_product(folder: Path) -> pl.LazyFrame:
    lines = scan(folder, "baskets").filter(pl.col("customer_order_no") == 1)
    most = lines.sort("amount_minor", "product_no", descending=[True, False])
    firsts = most.group_by("customer_no").agg(pl.col("product_no").first())
    return _values(folder).join(firsts, on="customer_no").sort("customer_no").drop("customer_no")


def value_by_source(folder: Path) -> pl.LazyFrame:
    firsts = _first_orders(folder).select("customer_id", "source").drop_nulls()
    numbered = firsts.join(scan(folder, "customer_keys"), on="customer_id")
    found = _values(folder).join(numbered.drop("customer_id"), on="customer_no")
    return found.sort("customer_no").drop("customer_no")


def value_by_source_age(folder: Path) -> pl.LazyFrame:
    firsts = _first_orders(folder).select("customer_id", "source", pl.col("day").alias("first_day"))
    age = (NOW - pl.col("first_day")).dt.total_days() >= VALUE_DAYS[-1] - 1
    mature = firsts.drop_nulls("source").filter(age)
    numbered = mature.join(scan(folder, "customer_keys"), on="customer_id")
    days = scan(folder, "customer_day").select("customer_no", "day", "amount_minor")
    age_days = (DAY - pl.col("first_day")).dt.total_days()
    first = pl.col("first_day").dt
    month = (first.year().cast(pl.Int64) * 12 + first.month()).alias("month")
    keys = ["source", "month", "age_months"]
    return (
        days.join(numbered.drop("customer_id"), on="customer_no")
        .filter(age_days < VALUE_DAYS[-1])
        .group_by("source", month, (age_days // 30).alias("age_months"))
        .agg(pl.col("amount_minor").sum())
        .sort(keys)
    )


def source_costs(folder: Path) -> pl.LazyFrame:
    month = (MONTH + 1).alias("month")
    acquired = _first_orders(folder).group_by("source", month).agg(pl.len().alias("customers"))
    costs = scan(folder, "costs").rename({"month": "day"}).filter(DAY <= AS_OF)
    spent = costs.group_by("source", month).agg(pl.col("cost_minor").sum())
    keys = ["source", "month"]
    return spent.join(acquired, on=keys, how="left").fill_null(0).sort(keys)


def orders_by_hour(folder: Path) -> pl.LazyFrame:
    moment, keys = pl.col("ordered_at").dt, ["weekday", "hour"]
    return (
        _orders(folder)
        .filter(ONE_OFF)
        .group_by(moment.weekday().alias("weekday"), moment.hour().alias("hour"))
        .agg(pl.len().alias("orders"), pl.col("customer_id").n_unique().alias("customers"))
        .sort(keys)
    )


def order_values(folder: Path) -> pl.LazyFrame:
    columns = ["customer_id", "ordered_at", "order_id", "amount_minor"]
    orders = _orders(folder).filter(ONE_OFF).select(columns).sort("ordered_at", "order_id")
    keys = ["is_first", "value_minor"]
    return (
        orders.select(
            pl.col("customer_id").is_first_distinct().alias("is_first"),
            (pl.col("amount_minor") // STEP_MINOR * STEP_MINOR).alias("value_minor"),
        )
        .group_by(keys)
        .agg(pl.len().alias("number"))
        .sort(keys)
    )


def coupon_use(folder: Path) -> pl.LazyFrame:
    used = _orders(folder).filter(pl.col("coupon_code").is_not_null())
    return used.group_by("coupon_code").agg(_COUNTS).sort("coupon_code")


def discount_use(folder: Path) -> pl.LazyFrame:
    columns = ["customer_id", "purchase_type", "ordered_at", "order_id"]
    orders = _orders(folder).select(*columns, "amount_minor", pl.col("discount_minor").fill_null(0))
    is_first = pl.struct("customer_id", "purchase_type").is_first_distinct()
    one_off_kind = pl.when(is_first).then(pl.lit("first")).otherwise(pl.lit("repeat"))
    kind = pl.when(ONE_OFF).then(one_off_kind).otherwise(pl.lit("subscription"))
    keys = ["kind", "is_discounted"]
    return (
        orders.sort("ordered_at", "order_id")
        .with_columns(kind.alias("kind"), (pl.col("discount_minor") > 0).alias("is_discounted"))
        .group_by(keys)
        .agg(_COUNTS)
        .sort(keys)
    )


def customer_discounts(folder: Path) -> pl.LazyFrame:
    amount, discount = pl.col("amount_minor"), pl.col("discount_minor").fill_null(0)
    days = (
        _orders(folder)
        .group_by("customer_id", SILENT_DAYS.alias("recency_days"))
        .agg(
            amount.sum().alias("all_minor"),
            ONE_OFF.sum().alias("orders"),
            (ONE_OFF & (discount > 0)).sum().alias("discounted_orders"),
            amount.filter(ONE_OFF).sum(),
            discount.filter(ONE_OFF).sum(),
        )
    )
    in_window = pl.col("recency_days") < RANK_WINDOW_DAYS
    customers = days.group_by("customer_id").agg(
        pl.col("recency_days").min(),
        pl.len().alias("purchases"),
        in_window.sum().alias("window_purchases"),
        pl.col("all_minor").filter(in_window).sum().alias("window_amount_minor"),
        pl.col("orders", "discounted_orders", "amount_minor", "discount_minor").sum(),
    )
    return customers.sort("customer_id").drop("customer_id")
