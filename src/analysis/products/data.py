"""What does the shop's data hold? Which sections can speak, and how products are called."""

import pandas as pd

from analysis.names import shown_name
from analysis.shop import Shop


def has(shop: Shop, table: str, *columns: str) -> bool:
    """Return whether the shop has a table with these columns.

    Args:
        shop: The shop.
        table: Name of the table.
        columns: Names of columns that not every shop has.
    """
    return set(columns) <= set(shop.engine.tables.get(table, {})) and table in shop.engine.tables


def product_names(shop: Shop) -> pd.Series:
    """Return the name of each product by its number; equal names are told apart by the ID."""
    if has(shop, "products"):
        frame = shop.engine.reduce("product_names").set_index("product_no")
    else:
        frame = shop.engine.reduce("product_ids").set_index("product_no")
        frame["product_name"] = frame["product_id"]
    twice = frame["product_name"].duplicated(keep=False)
    names = frame["product_name"].where(
        ~twice, frame["product_name"] + " (" + frame["product_id"] + ")"
    )
    return names.map(shown_name).rename("product")
