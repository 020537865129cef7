"""When has a customer earned what winning one cost? By source: profit by age against the cost."""

import numpy as np
import pandas as pd

AGE_MONTH_DAYS = 30


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
        paid: Columns source, age_months (from 0), amount_minor (`sql/value_by_source_age.sql`).
        customers: Mature customers by source.
        margin_share: Gross profit per unit of revenue, 0 to 1.
        months: How many months of age the customers have lived through.

    Returns:
        Profit per customer in minor units: one row per source, columns 1 to `months` (by the end of
        that month of age).
    """
    table = paid.pivot_table(index="source", columns="age_months", values="amount_minor")
    table = table.reindex(index=customers.index, columns=range(months)).fillna(0)
    profit = table.cumsum(axis=1).mul(margin_share / customers, axis=0)
    profit.columns = range(1, months + 1)
    return profit


def payback(
    profit: pd.DataFrame, costs: pd.DataFrame, values: pd.DataFrame, *, margin_share: float
) -> pd.DataFrame:
    r"""Compare what customers of each source earned with what winning them cost.

    The break-even cost is the gross profit per customer within the longest window: who pays more
    for a customer has not earned it back by then. Payback month: the first month of age by whose
    end the profit has reached the cost.

    Args:
        profit: What `profit_by_age` returned.
        costs: What `cost_per_customer` returned.
        values: Of one window: source, n, mean, sd in minor units (`value_by_group`).
        margin_share: Gross profit per unit of revenue.

    Returns:
        One row per source with costs, the most spent first: source, customers, n,
        cost_per_customer_minor, break_even_minor with break_even_low and break_even_high,
        payback_month (missing where not reached), return_share = break-even / cost - 1,
        spent_minor.
    """
    table = costs.merge(values[["source", "n", "mean", "sd"]], on="source")
    error = 1.959964 * table["sd"] / np.sqrt(table["n"])
    table = table.assign(
        break_even_minor=table["mean"] * margin_share,
        break_even_low=(table["mean"] - error) * margin_share,
        break_even_high=(table["mean"] + error) * margin_share,
    )
    earned = profit.reindex(table["source"]).to_numpy()
    reached = earned >= table["cost_per_customer_minor"].to_numpy()[:, None]
    month = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.nan)
    return (
        table.assign(
            payback_month=month,
            return_share=table["break_even_minor"] / table["cost_per_customer_minor"] - 1,
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
