"""Notebook 01's reductions of `baskets` as one writes them with pandas in a notebook."""

from pathlib import Path

import pandas as pd

from benchmarks.customers.asked import (
    AGAIN_DAYS,
    MIN_CUSTOMERS,
    MOST_PRODUCTS,
    RECENT_DAYS,
    STEP_MINOR,
)
from benchmarks.customers.pandas_days import NOW, month_no, read


def product_names(folder: Path) -> pd.DataFrame:
    keys = read(folder, "product_keys", "product_no", "product_id")
    names = read(folder, "products", "product_id", "product_name")
    named = keys.merge(names, on="product_id", how="left")
    named["product_name"] = named["product_name"].fillna(named["product_id"])
    return named


def goods_cost(folder: Path) -> pd.DataFrame:
    keys = read(folder, "product_keys", "product_no", "product_id")
    costs = read(folder, "products", "product_id", "unit_cost_minor").dropna()
    cost = keys.merge(costs, on="product_id").set_index("product_no")["unit_cost_minor"]
    lines = read(folder, "baskets", "product_no", "quantity", "amount_minor")
    unit_cost = lines["product_no"].map(cost)
    paid = lines.loc[unit_cost.notna(), "amount_minor"].sum()
    spent = (lines["quantity"] * unit_cost).sum()
    return pd.DataFrame({"amount_minor": [paid], "cost_minor": [spent]})


def product_sales(folder: Path) -> pd.DataFrame:
    return _sales(_lines(folder), "product_no")


def category_sales(folder: Path) -> pd.DataFrame:
    keys = read(folder, "product_keys", "product_no", "product_id")
    products = read(folder, "products", "product_id", "category")
    category = keys.merge(products, on="product_id", how="left").set_index("product_no")["category"]
    lines = _lines(folder)
    lines["category"] = lines["product_no"].map(category.fillna("").astype("category"))
    order = ["customer_no", "customer_order_no", "order_no", "purchase_type", "day", "category"]
    by_order = lines.groupby(order, observed=True, as_index=False)[["quantity", "amount_minor"]]
    return _sales(by_order.sum(), "category")


def _lines(folder: Path) -> pd.DataFrame:
    keys = ["customer_no", "customer_order_no", "order_no", "purchase_type", "day", "product_no"]
    return read(folder, "baskets", *keys, "quantity", "amount_minor")


def _sales(lines: pd.DataFrame, key: str) -> pd.DataFrame:
    pair = ["customer_no", key]
    bought = lines.groupby(pair, observed=True, as_index=False).agg(
        first_order_no=("customer_order_no", "min"),
        orders=("order_no", "size"),
        quantity=("quantity", "sum"),
        amount_minor=("amount_minor", "sum"),
    )
    bought["is_first"] = bought["first_order_no"] == 1
    one_off = lines.loc[lines["purchase_type"] == "one_off", [*pair, "order_no", "day"]]
    one_off = one_off.sort_values("order_no")
    one_off["next_day"] = one_off.groupby(pair, observed=True)["day"].shift(-1)
    firsts = one_off.drop_duplicates(pair)
    mature = firsts[(NOW - firsts["day"]).dt.days >= AGAIN_DAYS]
    back = mature[(mature["next_day"] - mature["day"]).dt.days <= AGAIN_DAYS]
    found = bought.groupby(key, observed=True).agg(
        customers=("orders", "size"),
        first_customers=("is_first", "sum"),
        orders=("orders", "sum"),
        quantity=("quantity", "sum"),
        amount_minor=("amount_minor", "sum"),
    )
    found["mature_customers"] = mature[key].value_counts()
    found["repeat_customers"] = back[key].value_counts()
    return found.fillna(0).reset_index()


def product_gaps(folder: Path) -> pd.DataFrame:
    days = read(folder, "baskets", "customer_no", "product_no", "day", purchase_type="one_off")
    sold = days.groupby("product_no").size().reset_index(name="orders")
    most = sold.sort_values(["orders", "product_no"], ascending=[False, True])["product_no"]
    days = days[days["product_no"].isin(most.head(MOST_PRODUCTS))].drop_duplicates()
    days = days.sort_values(["customer_no", "product_no", "day"])
    next_day = days.groupby(["customer_no", "product_no"])["day"].shift(-1)
    days["gap_days"] = (next_day.fillna(NOW) - days["day"]).dt.days
    days["has_next"] = next_day.notna()
    keys = ["product_no", "gap_days", "has_next"]
    return days.groupby(keys).size().reset_index(name="customers")


def upgrades(folder: Path) -> pd.DataFrame:
    keys = read(folder, "product_keys", "product_no", "product_id")
    number = keys.set_index("product_id")["product_no"]
    products = read(folder, "products", "product_id", "upgrade_product_id").dropna()
    grades = pd.DataFrame(
        {
            "product_no": products["product_id"].map(number),
            "upgrade_product_no": products["upgrade_product_id"].map(number),
        }
    ).dropna()
    columns = ["customer_no", "product_no", "order_no", "day", "amount_minor"]
    lines = read(folder, "baskets", *columns)
    concerned = lines[lines["product_no"].isin(grades.to_numpy().ravel())]
    firsts = concerned.sort_values("order_no").drop_duplicates(["customer_no", "product_no"])
    firsts = firsts[["customer_no", "product_no", "order_no", "day"]]
    upper = firsts.rename(columns={"product_no": "upgrade_product_no"})
    buyers = firsts.merge(grades, on="product_no").merge(
        upper, on=["customer_no", "upgrade_product_no"], how="left", suffixes=("", "_upper")
    )
    buyers = buyers[~(buyers["order_no_upper"] <= buyers["order_no"])].copy()
    is_mature = (NOW - buyers["day"]).dt.days >= AGAIN_DAYS
    went_up = (buyers["day_upper"] - buyers["day"]).dt.days <= AGAIN_DAYS
    buyers["is_candidate"] = ~is_mature & buyers["day_upper"].isna()
    buyers["is_mature"], buyers["went_up"] = is_mature, is_mature & went_up
    counted = buyers.groupby(["product_no", "upgrade_product_no"], as_index=False).agg(
        buyers=("customer_no", "size"),
        candidates=("is_candidate", "sum"),
        mature_buyers=("is_mature", "sum"),
        mature_upgraded=("went_up", "sum"),
    )
    paid = concerned.groupby("product_no").agg(
        upgrade_orders=("order_no", "size"), upgrade_amount_minor=("amount_minor", "sum")
    )
    return counted.merge(paid, left_on="upgrade_product_no", right_index=True, how="left")


def unit_prices(folder: Path) -> pd.DataFrame:
    columns = ["customer_no", "order_no", "quantity", "amount_minor"]
    lines = read(folder, "baskets", *columns, purchase_type="one_off")
    lines = lines[lines["quantity"] > 0]
    price = lines["amount_minor"] // lines["quantity"]
    first_order = lines.groupby("customer_no")["order_no"].transform("min")
    found = pd.DataFrame(
        {"is_first": lines["order_no"] == first_order, "value_minor": price - price % STEP_MINOR}
    )
    return found.groupby(["is_first", "value_minor"]).size().reset_index(name="number")


def _one_off_lines(folder: Path) -> pd.DataFrame:
    columns = ["customer_no", "order_no", "product_no", "day"]
    lines = read(folder, "baskets", *columns, purchase_type="one_off")
    orders = lines[["customer_no", "order_no"]].drop_duplicates().sort_values("order_no")
    orders["one_off_no"] = orders.groupby("customer_no").cumcount() + 1
    return lines.merge(orders[["order_no", "one_off_no"]], on="order_no")


def _often_sold(lines: pd.DataFrame) -> pd.Series:
    sold = lines["product_no"].value_counts()
    return lines["product_no"].isin(sold[sold >= MIN_CUSTOMERS].index)


def next_product(folder: Path) -> pd.DataFrame:
    lines = _one_off_lines(folder)
    lines = lines[_often_sold(lines)]
    firsts = lines.groupby(["customer_no", "product_no"], as_index=False)["one_off_no"].min()
    firsts["one_off_no"] += 1
    following = lines.rename(columns={"product_no": "other_product_no"})
    found = firsts.merge(following, on=["customer_no", "one_off_no"])
    counted = found.groupby(["product_no", "other_product_no"]).size().reset_index(name="customers")
    same = counted["product_no"] == counted["other_product_no"]
    return counted[(counted["customers"] >= MIN_CUSTOMERS) | same]


def next_product_margins(folder: Path) -> pd.DataFrame:
    lines = _one_off_lines(folder)
    lines["is_sold"] = _often_sold(lines)
    place, following = ["customer_no", "one_off_no"], ["customer_no", "next_no"]
    orders = lines.groupby(place, as_index=False).agg(
        day=("day", "min"), products=("is_sold", "sum")
    )
    orders["month"] = month_no(orders["day"]) + 1
    lines = lines[lines["is_sold"]]
    firsts = lines.groupby(["customer_no", "product_no"], as_index=False).agg(
        one_off_no=("one_off_no", "min"), day=("day", "min")
    )
    firsts["next_no"] = firsts["one_off_no"] + 1
    followed = firsts.merge(
        orders.drop(columns="day"), left_on=following, right_on=place, how="left"
    )
    waiting = (NOW - followed["day"]).dt.days < RECENT_DAYS
    followed["month"] = followed["month"].fillna(waiting.map({True: 0, False: -1}))
    led = followed.groupby(["product_no", "month"]).agg(
        customers=("customer_no", "size"), other_products=("products", "sum")
    )
    starting = firsts.groupby(following, as_index=False).size()
    came = starting.merge(lines, left_on=following, right_on=place)
    came["month"] = month_no(came["day"]) + 1
    times = came.groupby(["product_no", "month"])["size"].sum().rename("times_other")
    return led.join(times, how="outer").fillna(0).reset_index()


def basket_pairs(folder: Path) -> pd.DataFrame:
    lines = _lines_often_sold(folder)
    firsts = lines.groupby(["customer_no", "product_no"], as_index=False)["order_no"].min()
    others = lines[["order_no", "product_no"]].rename(columns={"product_no": "other_product_no"})
    found = firsts.merge(others, on="order_no")
    found = found[found["product_no"] != found["other_product_no"]]
    counted = found.groupby(["product_no", "other_product_no"]).size().reset_index(name="customers")
    return counted[counted["customers"] >= MIN_CUSTOMERS]


def basket_pairs_margins(folder: Path) -> pd.DataFrame:
    lines = _lines_often_sold(folder)
    lines["month"] = month_no(lines["day"]) + 1
    firsts = lines.groupby(["customer_no", "product_no"], as_index=False)["order_no"].min()
    held = lines.groupby("order_no").agg(month=("month", "min"), products=("product_no", "size"))
    starting = firsts.groupby("order_no").size().rename("firsts")
    own = firsts.join(held, on="order_no")
    own["others"] = own["products"] - 1
    led = own.groupby(["product_no", "month"]).agg(
        customers=("others", "size"), other_products=("others", "sum")
    )
    came = lines.join(starting, on="order_no", how="inner")
    times = came.groupby(["product_no", "month"])["firsts"].sum().rename("times_other")
    both = led.join(times, how="outer").fillna(0)
    both["times_other"] -= both["customers"]
    return both.reset_index()


def _lines_often_sold(folder: Path) -> pd.DataFrame:
    columns = ["customer_no", "order_no", "product_no", "day"]
    lines = read(folder, "baskets", *columns, purchase_type="one_off")
    return lines[_often_sold(lines)].copy()
