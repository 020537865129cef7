"""What are customers worth by where they came from and by what they bought first?"""

from datetime import date, timedelta

import pandas as pd

from analysis.products.shrinkage import shrink
from analysis.suppression import MIN_SHOWN

WINDOWS_DAYS = (90, 180, 365)


def value_by_group(values: pd.DataFrame, group: str, *, as_of: date) -> pd.DataFrame:
    """Average what customers paid within 90, 180 and 365 days of their first order, by group.

    Only customers whose window is over count: a customer is mature for each window apart. Groups
    are drawn towards the whole (`shrink`); those with fewer than ten mature customers, or customers
    without a group, are left out.

    Args:
        values: One row per customer: the group, first_day, amount_90d_minor, amount_180d_minor,
            amount_365d_minor (`sql/value_by_source.sql`, `sql/value_by_first_product.sql`).
        group: Name of the column that names the group.
        as_of: Day that the report speaks of.

    Returns:
        One row per window and group, the most customers first: window_days, the group, n, mean, sd,
        own_weight, shrunk, low, high, is_marked; money in minor units. No rows for a window without
        two groups.
    """
    tables = []
    for days in WINDOWS_DAYS:
        mature = values["first_day"] + timedelta(days=days - 1) <= pd.Timestamp(as_of)
        amounts = values[mature].groupby(group, sort=True)[f"amount_{days}d_minor"]
        groups = amounts.agg(n="size", mean="mean", sd="std").reset_index()
        groups = groups[groups["n"] >= MIN_SHOWN]
        if len(groups) < 2:
            continue
        groups = shrink(groups).sort_values(["n", group], ascending=[False, True])
        groups.insert(0, "window_days", days)
        tables.append(groups)
    if not tables:
        columns = "window_days", group, "n", "mean", "sd", "own_weight", "shrunk", "low", "high"
        return pd.DataFrame(columns=[*columns, "is_marked"])
    return pd.concat(tables, ignore_index=True)
