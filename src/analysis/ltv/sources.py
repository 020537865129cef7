"""Customers by where they came from: paid, expected and cost, read in one go for a shop."""

import pandas as pd

from analysis.ltv.break_even import break_even
from analysis.ltv.observed import mature_rows
from analysis.products.data import has
from analysis.products.payback import cost_per_customer, last_mature_month, of_known_cost
from analysis.shop import Shop


def read_break_even(
    shop: Shop,
    values: pd.DataFrame,
    expected: pd.Series,
    *,
    window_days: int,
    margin_share: float | None,
) -> pd.DataFrame | None:
    """Return what a new customer of each source may cost, or None where that cannot be said.

    Args:
        shop: The shop.
        values: `sql/observed_value.sql` of the window.
        expected: Expected value of each customer from now on, in minor units, by customer ID.
        window_days: The window; 0 where no month is old enough.
        margin_share: Gross profit per unit of revenue, or None where it is not known.

    Returns:
        What `break_even` returned; None where orders name no source, no month is mature, nothing
        can be predicted or the margin is not known.
    """
    known = window_days and margin_share and len(expected)
    if not known or not has(shop, "orders", "source"):
        return None
    mature = values[mature_rows(values["first_day"], shop.as_of, window_days)]
    rows = mature.merge(shop.reduce("customer_sources"), on="customer_id")
    rows, costs = _against_cost(shop, rows, window_days=window_days)
    if rows.empty:
        return None
    rows = rows.assign(
        paid_minor=rows["amount_minor"],
        expected_minor=rows["customer_id"].map(expected).fillna(0.0),
    )
    table = break_even(rows, costs, margin_share=margin_share)
    return table if len(table) else None


def _against_cost(
    shop: Shop, mature: pd.DataFrame, *, window_days: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return customers of mature months, and what winning one cost: the same on both sides.

    Of a source that has costs, the customers of months without any are left out.
    """
    if not has(shop, "costs"):
        return mature, pd.DataFrame({"source": [], "cost_per_customer_minor": []})
    spent = shop.reduce("source_costs")
    through = last_mature_month(shop.as_of, window_days=window_days)
    table = cost_per_customer(spent, through_month=through)
    known = of_known_cost(mature, spent, through_month=through)
    free = mature[~mature["source"].isin(table["source"])]
    return pd.concat([known, free]), table
