"""How concentrated is value? Customers in ten equal groups, from the most to the least valuable."""

import numpy as np
import pandas as pd

from analysis.language import _
from analysis.suppression import MIN_SHOWN

_GROUPS = 10
MIN_CUSTOMERS = _GROUPS * MIN_SHOWN


def deciles(values: pd.DataFrame, column: str) -> pd.DataFrame | None:
    """Split customers into ten equal groups by a value, highest first.

    Args:
        values: One row per customer, with the value in minor units.
        column: Name of the value.

    Returns:
        One row per decile, 1 the highest: `decile`, `customers`, `value_minor`, `mean_minor`,
        `lowest_minor` (the value one needs to be in it), `share`, `running_share`. None where they
        have no value together, or with fewer than 100 customers, of whom a tenth is a handful that
        people could be recognized in.

    >>> hundred = pd.DataFrame({"paid_minor": [910] * 10 + [10] * 90})
    >>> deciles(hundred, "paid_minor")["share"].tolist()[:2]
    [0.91, 0.01]
    """
    ordered = values[column].sort_values(ascending=False)
    total = ordered.sum()
    if len(ordered) < MIN_CUSTOMERS or total <= 0:
        return None
    decile = np.arange(len(ordered)) * _GROUPS // len(ordered) + 1
    grouped = ordered.groupby(decile)
    table = pd.DataFrame(
        {
            "customers": grouped.size(),
            "value_minor": grouped.sum(),
            "mean_minor": grouped.mean(),
            "lowest_minor": grouped.min(),
            "share": grouped.sum() / total,
        }
    )
    table["running_share"] = table["share"].cumsum()
    return table.rename_axis("decile").reset_index()


def no_deciles() -> str:
    """Say why customers are not split into ten groups."""
    return _(
        "Ten groups of customers are shown from {least} customers with any value on: a tenth of "
        "fewer is a handful of people, and says little."
    ).format(least=MIN_CUSTOMERS)
