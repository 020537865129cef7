"""When has a customer earned what winning one cost? By source: profit by age against the cost."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from analysis.intervals import z_score

AGE_MONTH_DAYS = 30


def last_mature_month(as_of: date, *, window_days: int) -> int:
    """Return the last month all of whose customers have had the window, as year * 12 + month.

    >>> divmod(last_mature_month(date(2024, 12, 29), window_days=30), 12)
    (2024, 11)
    >>> divmod(last_mature_month(date(2024, 12, 28), window_days=30), 12)
    (2024, 10)
    """
    last = as_of - timedelta(days=window_days - 1)
    is_month_end = (last + timedelta(days=1)).day == 1
    return last.year * 12 + last.month - (0 if is_month_end else 1)


def of_known_cost(
    customers: pd.DataFrame, costs: pd.DataFrame, *, through_month: int
) -> pd.DataFrame:
    """Keep the customers whose winning `cost_per_customer` counts: the same on both sides.

    Args:
        customers: Columns source and first_day.
        costs: Columns source and month (`sql/source_costs.sql`).
        through_month: The last month that counts.
    """
    first = customers["first_day"].dt
    month = pd.Series(first.year * 12 + first.month, index=customers.index, dtype="int64")
    counted = costs.loc[costs["month"] <= through_month, ["source", "month"]]
    known = pd.MultiIndex.from_frame(counted.astype({"month": "int64"}))
    return customers[pd.MultiIndex.from_arrays([customers["source"], month]).isin(known)]


def cost_per_customer(costs: pd.DataFrame, *, through_month: int) -> pd.DataFrame:
    """Divide what was spent by the customers won, by source.

    Args:
        costs: Columns source, month (year * 12 + month), cost_minor, customers
            (`sql/source_costs.sql`).
        through_month: The last month that counts: a month that is cut, or whose customers are too
            young to be compared with their value, would not.

    Returns:
        One row per source with customers: source, cost_minor, customers, cost_per_customer_minor.
    """
    counted = costs[costs["month"] <= through_month]
    table = counted.groupby("source", as_index=False)[["cost_minor", "customers"]].sum()
    table = table[table["customers"] > 0].reset_index(drop=True)
    return table.assign(cost_per_customer_minor=table["cost_minor"] / table["customers"])


def profit_by_age(
    paid: pd.DataFrame, customers: pd.Series, *, margin_share: float, months: int
) -> pd.DataFrame:
    """Add up the gross profit per customer by age, for each source.

    Args:
        paid: Columns source, age_months (from 0), amount_minor (`sql/value_by_source_age.sql`, the
            months that count).
        customers: Customers of these months by source.
        margin_share: Gross profit per unit of revenue, 0 to 1.
        months: How many months of age the customers have lived through.

    Returns:
        Profit per customer in minor units: one row per source, columns 1 to `months` (by the end of
        that month of age).
    """
    table = paid.pivot_table(
        index="source", columns="age_months", values="amount_minor", aggfunc="sum"
    )
    table = table.reindex(index=customers.index, columns=range(months)).fillna(0)
    profit = table.cumsum(axis=1).mul(margin_share / customers, axis=0)
    profit.columns = range(1, months + 1)
    return profit


def payback(
    profit: pd.DataFrame, costs: pd.DataFrame, values: pd.DataFrame, *, margin_share: float
) -> pd.DataFrame:
    r"""Compare what customers of each source earned with what winning them cost.

    Earned is the gross profit per customer within the window, nothing of what comes later: who
    pays more for a customer has not got it back by then. Payback month: the first month of age by
    whose end the profit has reached the cost.

    Args:
        profit: What `profit_by_age` returned.
        costs: What `cost_per_customer` returned.
        values: What the same customers paid within the window: source, n, mean, sd in minor units.
        margin_share: Gross profit per unit of revenue.

    Returns:
        One row per source with costs, the most spent first: source, customers, n,
        cost_per_customer_minor, earned_minor with earned_low and earned_high, payback_month
        (missing where not reached), return_share = earned / cost - 1, spent_minor.
    """
    table = costs.merge(values[["source", "n", "mean", "sd"]], on="source")
    error = z_score(0.95) * table["sd"] / np.sqrt(table["n"])
    table = table.assign(
        earned_minor=table["mean"] * margin_share,
        earned_low=(table["mean"] - error) * margin_share,
        earned_high=(table["mean"] + error) * margin_share,
    )
    earned = profit.reindex(table["source"]).to_numpy()
    reached = earned >= table["cost_per_customer_minor"].to_numpy()[:, None]
    month = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.nan)
    return (
        table.assign(
            payback_month=month,
            return_share=table["earned_minor"] / table["cost_per_customer_minor"] - 1,
        )
        .rename(columns={"cost_minor": "spent_minor"})
        .drop(columns=["mean", "sd"])
        .sort_values(["spent_minor", "source"], ascending=[False, True], ignore_index=True)
    )


def margin_from_costs(amount_minor: int, cost_minor: int) -> float | None:
    """Return gross profit per unit of revenue, or None where no unit cost is known.

    >>> margin_from_costs(1_000, 350)
    0.65
    """
    return None if amount_minor <= 0 else 1 - cost_minor / amount_minor
