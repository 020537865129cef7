"""How concentrated is value? Customers in ten equal groups, from the most to the least valuable."""

import numpy as np
import pandas as pd

from analysis.errors import DataError


def deciles(values: pd.DataFrame, column: str) -> pd.DataFrame:
    """Split customers into ten equal groups by a value, highest first.

    Args:
        values: One row per customer, with the value in minor units.
        column: Name of the value.

    Returns:
        One row per decile, 1 the highest: `decile`, `customers`, `value_minor`, `mean_minor`,
        `lowest_minor` (the value one needs to be in it), `share`, `running_share`.

    Raises:
        DataError: There are fewer than ten customers, or they have no value together.

    >>> ten = pd.DataFrame({"paid_minor": [910] + [10] * 9})
    >>> deciles(ten, "paid_minor")["share"].tolist()[:2]
    [0.91, 0.01]
    """
    ordered = values[column].sort_values(ascending=False)
    total = ordered.sum()
    if len(ordered) < 10 or total <= 0:
        raise DataError(
            f"{len(ordered)} customers with a total value of {total}: must be at least ten "
            f"customers and a value above zero to form deciles."
        )
    decile = np.arange(len(ordered)) * 10 // len(ordered) + 1
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
