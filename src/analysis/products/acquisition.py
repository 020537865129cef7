"""Where do good customers come from, and what may one cost? Read in one go for a shop."""

from datetime import date
from typing import NamedTuple

import pandas as pd

from analysis.errors import ParameterError
from analysis.products.data import has
from analysis.products.entry import WINDOWS_DAYS, value_by_group
from analysis.products.payback import (
    AGE_MONTH_DAYS,
    cost_per_customer,
    last_mature_month,
    margin_from_costs,
    of_known_cost,
    payback,
    profit_by_age,
)
from analysis.shop import Shop
from analysis.suppression import MIN_SHOWN


class Acquisition(NamedTuple):
    """Value by source, against cost where that is known.

    Attributes:
        by_source: What `value_by_group` returned for sources.
        margin_share: Gross profit per unit of revenue, or None where it is unknown.
        profit: What `profit_by_age` returned; no rows without costs or margin.
        returns: What `payback` returned; no rows without costs or margin.
        window_days: The window of both, counted over customers of mature months; 0 without.
    """

    by_source: pd.DataFrame
    margin_share: float | None
    profit: pd.DataFrame
    returns: pd.DataFrame
    window_days: int


def gross_margin(shop: Shop, *, margin_share: float) -> float | None:
    """Return the gross margin given, or else that of the products whose unit cost is known.

    Args:
        shop: The shop.
        margin_share: The margin, 0 to 1; 0 for "not given".

    Raises:
        ParameterError: The margin is not between 0 and 1.
    """
    if not 0 <= margin_share <= 1:
        raise ParameterError(f"margin_share == {margin_share}, must be between 0 and 1.")
    if margin_share:
        return margin_share
    if not has(shop, "products", "unit_cost_minor") or not has(shop, "baskets"):
        return None
    return margin_from_costs(**shop.engine.scalar("goods_cost", as_of=shop.as_of))


def read_acquisition(shop: Shop, *, margin_share: float) -> Acquisition | None:
    """Read what customers of each source were worth, or return None where orders name no source.

    Args:
        shop: The shop.
        margin_share: Gross margin, 0 to 1; 0 for that of the products' unit costs.
    """
    margin = gross_margin(shop, margin_share=margin_share)
    if not has(shop, "orders", "source"):
        return None
    customers = shop.reduce("value_by_source")
    by_source = value_by_group(customers, "source", as_of=shop.as_of)
    if by_source.empty or margin is None or not has(shop, "costs"):
        return Acquisition(by_source, margin, pd.DataFrame(), pd.DataFrame(), 0)
    return Acquisition(by_source, margin, *_against_cost(shop, customers, margin_share=margin))


def _against_cost(
    shop: Shop, customers: pd.DataFrame, *, margin_share: float
) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Return profit, returns and window: the same customers earned and cost."""
    costs = shop.reduce("source_costs")
    found = _longest_window(customers, costs, shop.as_of)
    if found is None:
        return pd.DataFrame(), pd.DataFrame(), 0
    days, through, values = found
    paid = shop.reduce("value_by_source_age", window_days=days)
    profit = profit_by_age(
        paid.merge(costs.loc[costs["month"] <= through, ["source", "month"]]),
        values.set_index("source")["n"],
        margin_share=margin_share,
        months=days // AGE_MONTH_DAYS,
    )
    spent = cost_per_customer(costs, through_month=through)
    return profit, payback(profit, spent, values, margin_share=margin_share), days


def _longest_window(
    customers: pd.DataFrame, costs: pd.DataFrame, as_of: date
) -> tuple[int, int, pd.DataFrame] | None:
    """Return the longest window that ten customers of known cost have had, its last month, values.

    Customers count by whole months, as costs do.
    """
    for days in sorted(WINDOWS_DAYS, reverse=True):
        through = last_mature_month(as_of, window_days=days)
        counted = of_known_cost(customers, costs, through_month=through)
        amounts = counted.groupby("source")[f"amount_{days}d_minor"]
        values = amounts.agg(n="size", mean="mean", sd="std").reset_index()
        values = values[values["n"] >= MIN_SHOWN]
        if len(values):
            return days, through, values
    return None
