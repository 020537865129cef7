"""Notebook 01's reductions of `orders` as one writes them with pandas in a notebook."""

from pathlib import Path

import pandas as pd

from benchmarks.customers.asked import RANK_WINDOW_DAYS, STEP_MINOR, VALUE_DAYS
from benchmarks.customers.pandas_days import NOW, month_no, read


def _orders(folder: Path, *columns: str, **values: str) -> pd.DataFrame:
    orders = read(folder, "orders", "ordered_at", *columns, **values)
    return orders[orders["ordered_at"] < NOW + pd.Timedelta(days=1)]


def _first_orders(folder: Path) -> pd.DataFrame:
    orders = _orders(folder, "order_id", "customer_id", "source")
    return orders.sort_values(["ordered_at", "order_id"]).drop_duplicates("customer_id")


def _numbered(folder: Path, customers: pd.DataFrame) -> pd.DataFrame:
    keys = read(folder, "customer_keys", "customer_no", "customer_id")
    return customers.merge(keys, on="customer_id").drop(columns="customer_id")


def _values(folder: Path) -> pd.DataFrame:
    days = read(folder, "customer_day", "customer_no", "day", "amount_minor")
    days["first_day"] = days.groupby("customer_no")["day"].transform("min")
    age_days = (days["day"] - days["first_day"]).dt.days
    for window in VALUE_DAYS:
        days[f"amount_{window}d_minor"] = days["amount_minor"].where(age_days < window, 0)
    columns = [f"amount_{window}d_minor" for window in VALUE_DAYS]
    return days.groupby(["customer_no", "first_day"], as_index=False)[columns].sum()


def value_by_first_product(folder: Path) -> pd.DataFrame:
    lines = read(
        folder, "baskets", "customer_no", "product_no", "amount_minor", customer_order_no=1
    )
    lines = lines.sort_values(
        ["customer_no", "amount_minor", "product_no"], ascending=[True, False, True]
    )
    firsts = lines.drop_duplicates("customer_no")[["customer_no", "product_no"]]
    found = _values(folder).merge(firsts, on="customer_no")
    return found.sort_values("customer_no").drop(columns="customer_no")


def value_by_source(folder: Path) -> pd.DataFrame:
    firsts = _numbered(folder, _first_orders(folder)[["customer_id", "source"]].dropna())
    return _values(folder).merge(firsts, on="customer_no").drop(columns="customer_no")


def value_by_source_age(folder: Path) -> pd.DataFrame:
    firsts = _first_orders(folder).dropna(subset="source")
    firsts["first_day"] = firsts["ordered_at"].dt.normalize()
    mature = firsts[(NOW - firsts["first_day"]).dt.days >= VALUE_DAYS[-1] - 1]
    mature = _numbered(folder, mature[["customer_id", "source", "first_day"]])
    paid = read(folder, "customer_day", "customer_no", "day", "amount_minor")
    paid = paid.merge(mature, on="customer_no")
    age_days = (paid["day"] - paid["first_day"]).dt.days
    paid["month"] = month_no(paid["first_day"]) + 1
    paid["age_months"] = age_days // 30
    paid = paid[age_days < VALUE_DAYS[-1]]
    keys = ["source", "month", "age_months"]
    return paid.groupby(keys, as_index=False)["amount_minor"].sum()


def source_costs(folder: Path) -> pd.DataFrame:
    firsts = _first_orders(folder)
    firsts["month"] = month_no(firsts["ordered_at"]) + 1
    acquired = firsts.groupby(["source", "month"]).size().rename("customers")
    costs = read(folder, "costs", "source", "month", "cost_minor")
    costs = costs[costs["month"] <= NOW]
    costs["month"] = month_no(costs["month"]) + 1
    spent = costs.groupby(["source", "month"])[["cost_minor"]].sum()
    return spent.join(acquired).fillna(0).reset_index()


def orders_by_hour(folder: Path) -> pd.DataFrame:
    orders = _orders(folder, "customer_id", purchase_type="one_off")
    orders["weekday"] = orders["ordered_at"].dt.day_of_week + 1
    orders["hour"] = orders["ordered_at"].dt.hour
    return orders.groupby(["weekday", "hour"], as_index=False).agg(
        orders=("customer_id", "size"), customers=("customer_id", "nunique")
    )


def order_values(folder: Path) -> pd.DataFrame:
    columns = ["order_id", "customer_id", "amount_minor"]
    orders = _orders(folder, *columns, purchase_type="one_off")
    orders = orders.sort_values(["ordered_at", "order_id"])
    orders["is_first"] = ~orders.duplicated("customer_id")
    orders["value_minor"] = orders["amount_minor"] // STEP_MINOR * STEP_MINOR
    return orders.groupby(["is_first", "value_minor"]).size().reset_index(name="number")


def coupon_use(folder: Path) -> pd.DataFrame:
    columns = ["customer_id", "coupon_code", "amount_minor", "discount_minor"]
    orders = _orders(folder, *columns).dropna(subset="coupon_code")
    return orders.groupby("coupon_code", as_index=False).agg(
        orders=("customer_id", "size"),
        customers=("customer_id", "nunique"),
        amount_minor=("amount_minor", "sum"),
        discount_minor=("discount_minor", "sum"),
    )


def discount_use(folder: Path) -> pd.DataFrame:
    columns = ["order_id", "customer_id", "purchase_type", "amount_minor", "discount_minor"]
    orders = _orders(folder, *columns).sort_values(["ordered_at", "order_id"])
    orders["discount_minor"] = orders["discount_minor"].fillna(0)
    is_first = ~orders.duplicated(["customer_id", "purchase_type"])
    orders["kind"] = is_first.map({True: "first", False: "repeat"})
    orders.loc[orders["purchase_type"] == "subscription", "kind"] = "subscription"
    orders["is_discounted"] = orders["discount_minor"] > 0
    return orders.groupby(["kind", "is_discounted"], as_index=False).agg(
        orders=("customer_id", "size"),
        customers=("customer_id", "nunique"),
        amount_minor=("amount_minor", "sum"),
        discount_minor=("discount_minor", "sum"),
    )


def customer_discounts(folder: Path) -> pd.DataFrame:
    columns = ["customer_id", "purchase_type", "amount_minor", "discount_minor"]
    orders = _orders(folder, *columns)
    one_off = orders["purchase_type"] == "one_off"
    orders["discount_minor"] = orders["discount_minor"].fillna(0).where(one_off, 0)
    orders["paid_minor"] = orders["amount_minor"].where(one_off, 0)
    orders["is_discounted"] = orders["discount_minor"] > 0
    orders["is_one_off"] = one_off
    orders["silent_days"] = (NOW - orders["ordered_at"].dt.normalize()).dt.days
    days = orders.groupby(["customer_id", "silent_days"], as_index=False).agg(
        all_minor=("amount_minor", "sum"),
        orders=("is_one_off", "sum"),
        discounted_orders=("is_discounted", "sum"),
        amount_minor=("paid_minor", "sum"),
        discount_minor=("discount_minor", "sum"),
    )
    days["in_window"] = days["silent_days"] < RANK_WINDOW_DAYS
    days["window_minor"] = days["all_minor"].where(days["in_window"], 0)
    customers = days.groupby("customer_id").agg(
        recency_days=("silent_days", "min"),
        purchases=("silent_days", "size"),
        window_purchases=("in_window", "sum"),
        window_amount_minor=("window_minor", "sum"),
        orders=("orders", "sum"),
        discounted_orders=("discounted_orders", "sum"),
        amount_minor=("amount_minor", "sum"),
        discount_minor=("discount_minor", "sum"),
    )
    return customers.reset_index(drop=True)
