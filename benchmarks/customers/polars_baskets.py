"""Notebook 01's reductions of `baskets` as one writes them with polars' lazy frames."""

from pathlib import Path

import polars as pl

from benchmarks.customers.asked import (
    AGAIN_DAYS,
    MIN_CUSTOMERS,
    MOST_PRODUCTS,
    RECENT_DAYS,
    STEP_MINOR,
)
from benchmarks.customers.polars_days import DAY, MONTH, NOW, ONE_OFF, SILENT_DAYS, scan

_PAIR = ["product_no", "other_product_no"]
_COUNT = pl.len().cast(pl.Int64).alias("customers")


def product_names(folder: Path) -> pl.LazyFrame:
    names = scan(folder, "products").select("product_id", "product_name")
    named = scan(folder, "product_keys").join(names, on="product_id", how="left")
    known = pl.coalesce("product_name", "product_id").alias("product_name")
    return named.select("product_no", "product_id", known).sort("product_no")


def goods_cost(folder: Path) -> pl.LazyFrame:
    costs = scan(folder, "products").select("product_id", "unit_cost_minor").drop_nulls()
    known = scan(folder, "product_keys").join(costs, on="product_id")
    return (
        scan(folder, "baskets")
        .join(known, on="product_no")
        .select(
            pl.col("amount_minor").sum(),
            (pl.col("quantity") * pl.col("unit_cost_minor")).sum().alias("cost_minor"),
        )
    )


def product_sales(folder: Path) -> pl.LazyFrame:
    return _sales(scan(folder, "baskets"), "product_no")


def category_sales(folder: Path) -> pl.LazyFrame:
    products = scan(folder, "products").select("product_id", "category")
    category = (
        scan(folder, "product_keys")
        .join(products, on="product_id", how="left")
        .select("product_no", pl.col("category").fill_null("").cast(pl.Categorical))
    )
    order = ["customer_no", "customer_order_no", "order_no", "purchase_type", "day", "category"]
    lines = scan(folder, "baskets").join(category, on="product_no")
    by_order = lines.group_by(order).agg(pl.col("quantity", "amount_minor").sum())
    return _sales(by_order, "category").with_columns(pl.col("category").cast(pl.String))


def _sales(lines: pl.LazyFrame, key: str) -> pl.LazyFrame:
    pair = ["customer_no", key]
    bought = lines.group_by(pair).agg(
        pl.len().cast(pl.Int64).alias("orders"),
        pl.col("quantity", "amount_minor").sum(),
        (pl.col("customer_order_no").min() == 1).alias("is_first"),
        pl.col("order_no").filter(ONE_OFF).min().alias("first_order_no"),
        DAY.filter(ONE_OFF).min().alias("first_day"),
    )
    several = bought.filter(pl.col("orders") > 1).select(*pair, "first_order_no")
    later = (
        lines.filter(ONE_OFF)
        .join(several, on=pair)
        .filter(pl.col("order_no") > pl.col("first_order_no"))
        .group_by(pair)
        .agg(DAY.min().alias("next_day"))
    )
    is_mature = (NOW - pl.col("first_day")).dt.total_days() >= AGAIN_DAYS
    came_back = (pl.col("next_day") - pl.col("first_day")).dt.total_days() <= AGAIN_DAYS
    return (
        bought.join(later, on=pair, how="left")
        .group_by(key)
        .agg(
            _COUNT,
            pl.col("is_first").sum().alias("first_customers"),
            pl.col("orders", "quantity", "amount_minor").sum(),
            is_mature.sum().alias("mature_customers"),
            (is_mature & came_back).sum().alias("repeat_customers"),
        )
    )


def product_gaps(folder: Path) -> pl.LazyFrame:
    lines = scan(folder, "baskets").filter(ONE_OFF).select("customer_no", "product_no", "day")
    sold = lines.group_by("product_no").agg(pl.len().alias("orders"))
    most = sold.sort("orders", "product_no", descending=[True, False]).head(MOST_PRODUCTS)
    days = lines.join(most.select("product_no"), on="product_no").unique()
    pair = ["customer_no", "product_no"]
    waits = days.sort(*pair, "day").with_columns(DAY.shift(-1).over(pair).alias("next_day"))
    gap_days = (pl.col("next_day").fill_null(NOW) - DAY).dt.total_days().alias("gap_days")
    has_next = pl.col("next_day").is_not_null().alias("has_next")
    keys = ["product_no", "gap_days", "has_next"]
    return waits.with_columns(gap_days, has_next).group_by(keys).agg(_COUNT).sort(keys)


def upgrades(folder: Path) -> pl.LazyFrame:
    keys = scan(folder, "product_keys")
    named = scan(folder, "products").select("product_id", "upgrade_product_id").drop_nulls()
    upper_keys = keys.rename({"product_no": "upgrade_product_no"})
    grades = (
        named.join(keys, on="product_id")
        .join(upper_keys, left_on="upgrade_product_id", right_on="product_id")
        .select("product_no", "upgrade_product_no")
    )
    bought = (
        scan(folder, "baskets")
        .group_by("customer_no", "product_no")
        .agg(
            pl.col("order_no").min(),
            DAY.min(),
            pl.len().cast(pl.Int64).alias("orders"),
            pl.col("amount_minor").sum(),
        )
    )
    upper = bought.select(
        "customer_no",
        pl.col("product_no").alias("upgrade_product_no"),
        pl.col("order_no").alias("upper_order_no"),
        pl.col("day").alias("upper_day"),
    )
    buyers = (
        bought.join(grades, on="product_no")
        .join(upper, on=["customer_no", "upgrade_product_no"], how="left")
        .filter(
            pl.col("upper_order_no").is_null() | (pl.col("upper_order_no") > pl.col("order_no"))
        )
    )
    is_mature = SILENT_DAYS >= AGAIN_DAYS
    went_up = (pl.col("upper_day") - DAY).dt.total_days() <= AGAIN_DAYS
    counted = buyers.group_by("product_no", "upgrade_product_no").agg(
        pl.len().alias("buyers"),
        (~is_mature & pl.col("upper_day").is_null()).sum().alias("candidates"),
        is_mature.sum().alias("mature_buyers"),
        (is_mature & went_up).sum().alias("mature_upgraded"),
    )
    paid = bought.group_by("product_no").agg(
        pl.col("orders").sum().alias("upgrade_orders"),
        pl.col("amount_minor").sum().alias("upgrade_amount_minor"),
    )
    return counted.join(paid, left_on="upgrade_product_no", right_on="product_no", how="left")


def unit_prices(folder: Path) -> pl.LazyFrame:
    lines = scan(folder, "baskets").filter(ONE_OFF & (pl.col("quantity") > 0))
    price = pl.col("amount_minor") // pl.col("quantity")
    firsts = lines.group_by("customer_no").agg(pl.col("order_no").min().alias("first_order_no"))
    keys = ["is_first", "value_minor"]
    return (
        lines.join(firsts, on="customer_no")
        .select(
            (pl.col("order_no") == pl.col("first_order_no")).alias("is_first"),
            (price - price % STEP_MINOR).alias("value_minor"),
        )
        .group_by(keys)
        .agg(pl.len().alias("number"))
        .sort(keys)
    )


def _one_off_lines(folder: Path) -> pl.LazyFrame:
    lines = scan(folder, "baskets").filter(ONE_OFF)
    lines = lines.select("customer_no", "order_no", "product_no", "day")
    orders = lines.select("customer_no", "order_no").unique().sort("order_no")
    one_off_no = pl.int_range(1, pl.len() + 1).over("customer_no").alias("one_off_no")
    return lines.join(orders.select("order_no", one_off_no), on="order_no")


def _often_sold(lines: pl.LazyFrame) -> pl.LazyFrame:
    sold = lines.group_by("product_no").len().filter(pl.col("len") >= MIN_CUSTOMERS)
    return sold.select("product_no")


def next_product(folder: Path) -> pl.LazyFrame:
    lines = _one_off_lines(folder)
    lines = lines.join(_often_sold(lines), on="product_no")
    firsts = lines.group_by("customer_no", "product_no").agg(pl.col("one_off_no").min() + 1)
    following = lines.rename({"product_no": "other_product_no"})
    found = firsts.join(following, on=["customer_no", "one_off_no"])
    enough = pl.col("customers") >= MIN_CUSTOMERS
    same = pl.col("product_no") == pl.col("other_product_no")
    return found.group_by(_PAIR).agg(_COUNT).filter(enough | same).sort(_PAIR)


def next_product_margins(folder: Path) -> pl.LazyFrame:
    every = _one_off_lines(folder)
    lines = every.join(_often_sold(every), on="product_no")
    place, following, keys = (
        ["customer_no", "one_off_no"],
        ["customer_no", "next_no"],
        ["product_no", "month"],
    )
    months = every.group_by(place).agg((MONTH.min() + 1).alias("month"))
    held = lines.group_by(place).agg(pl.len().cast(pl.Int64).alias("products"))
    orders = months.join(held, on=place, how="left").with_columns(pl.col("products").fill_null(0))
    firsts = lines.group_by("customer_no", "product_no").agg(pl.col("one_off_no").min(), DAY.min())
    firsts = firsts.with_columns((pl.col("one_off_no") + 1).alias("next_no"))
    waiting = pl.when(SILENT_DAYS < RECENT_DAYS).then(0).otherwise(-1)
    followed = firsts.join(orders, left_on=following, right_on=place, how="left")
    led = (
        followed.with_columns(pl.col("month").fill_null(waiting))
        .group_by(keys)
        .agg(_COUNT, pl.col("products").sum().alias("other_products"))
    )
    starting = firsts.group_by(following).agg(pl.len().cast(pl.Int64).alias("firsts"))
    times = (
        starting.join(lines, left_on=following, right_on=place)
        .group_by("product_no", (MONTH + 1).alias("month"))
        .agg(pl.col("firsts").sum().alias("times_other"))
    )
    both = led.join(times, on=keys, how="full", coalesce=True)
    return both.with_columns(pl.all().fill_null(0)).sort(keys)


def basket_pairs(folder: Path) -> pl.LazyFrame:
    lines = _lines_often_sold(folder)
    firsts = lines.group_by("customer_no", "product_no").agg(pl.col("order_no").min())
    others = lines.select("order_no", pl.col("product_no").alias("other_product_no"))
    found = firsts.join(others, on="order_no")
    different = pl.col("product_no") != pl.col("other_product_no")
    counted = found.filter(different).group_by(_PAIR).agg(_COUNT)
    return counted.filter(pl.col("customers") >= MIN_CUSTOMERS).sort(_PAIR)


def basket_pairs_margins(folder: Path) -> pl.LazyFrame:
    lines, keys = _lines_often_sold(folder), ["product_no", "month"]
    firsts = lines.group_by("customer_no", "product_no").agg(pl.col("order_no").min())
    held = lines.group_by("order_no").agg(
        (MONTH.min() + 1).alias("month"), pl.len().cast(pl.Int64).alias("products")
    )
    led = (
        firsts.join(held, on="order_no")
        .group_by(keys)
        .agg(_COUNT, (pl.col("products") - 1).sum().alias("other_products"))
    )
    starting = firsts.group_by("order_no").agg(pl.len().cast(pl.Int64).alias("firsts"))
    times = (
        lines.join(starting, on="order_no")
        .group_by("product_no", (MONTH + 1).alias("month"))
        .agg(pl.col("firsts").sum())
    )
    both = led.join(times, on=keys, how="full", coalesce=True).with_columns(pl.all().fill_null(0))
    times_other = (pl.col("firsts") - pl.col("customers")).alias("times_other")
    return both.select(*keys, "customers", "other_products", times_other).sort(keys)


def _lines_often_sold(folder: Path) -> pl.LazyFrame:
    lines = scan(folder, "baskets").filter(ONE_OFF)
    lines = lines.select("customer_no", "order_no", "product_no", "day")
    return lines.join(_often_sold(lines), on="product_no")
