"""Customers by where they came from: paid, expected and cost, read in one go for a shop."""

from datetime import timedelta

import pandas as pd

from analysis.ltv.break_even import break_even
from analysis.ltv.observed import mature_rows
from analysis.products.data import has
from analysis.products.payback import cost_per_customer
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
    if rows.empty:
        return None
    rows = rows.assign(
        paid_minor=rows["amount_minor"],
        expected_minor=rows["customer_id"].map(expected).fillna(0.0),
    )
    table = break_even(rows, _costs(shop, window_days), margin_share=margin_share)
    return table if len(table) else None


def _costs(shop: Shop, window_days: int) -> pd.DataFrame:
    if not has(shop, "costs"):
        return pd.DataFrame({"source": [], "cost_per_customer_minor": []})
    # Costs of the months whose customers are all mature: the same customers on both sides.
    last = shop.as_of - timedelta(days=window_days - 1)
    is_month_end = (last + timedelta(days=1)).day == 1
    through = last.year * 12 + last.month - (0 if is_month_end else 1)
    return cost_per_customer(shop.reduce("source_costs"), through_month=through)
