"""Where do good customers come from, and what may one cost? Read in one go for a shop."""

from datetime import timedelta
from typing import NamedTuple

import pandas as pd

from analysis.errors import ParameterError
from analysis.products.data import has
from analysis.products.entry import longest_window, value_by_group
from analysis.products.payback import (
    AGE_MONTH_DAYS,
    cost_per_customer,
    margin_from_costs,
    payback,
    profit_by_age,
)
from analysis.shop import Shop


class Acquisition(NamedTuple):
    """Value by source, against cost where that is known.

    Attributes:
        by_source: What `value_by_group` returned for sources.
        margin_share: Gross profit per unit of revenue, or None where it is unknown.
        profit: What `profit_by_age` returned; no rows without costs or margin.
        returns: What `payback` returned; no rows without costs or margin.
    """

    by_source: pd.DataFrame
    margin_share: float | None
    profit: pd.DataFrame
    returns: pd.DataFrame


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
    values = value_by_group(shop.reduce("value_by_source"), "source", as_of=shop.as_of)
    days = longest_window(values)
    if not days or margin is None or not has(shop, "costs"):
        return Acquisition(values, margin, pd.DataFrame(), pd.DataFrame())
    months = days // AGE_MONTH_DAYS
    # Costs of the months whose customers are all mature: the same customers on both sides.
    last = shop.as_of - timedelta(days=days - 1)
    through = last.year * 12 + last.month - (0 if (last + timedelta(days=1)).day == 1 else 1)
    costs = cost_per_customer(shop.reduce("source_costs"), through_month=through)
    mature = values[values["window_days"] == days]
    profit = profit_by_age(
        shop.reduce("value_by_source_age", window_days=days),
        mature.set_index("source")["n"],
        margin_share=margin,
        months=months,
    )
    return Acquisition(values, margin, profit, payback(profit, costs, mature, margin_share=margin))
