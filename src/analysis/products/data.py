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
    return _named(shop).set_index("product_no")["product"]


def names_by_id(shop: Shop) -> dict[str, str]:
    """Return the name of each product by its ID; equal names are told apart by the ID."""
    return _named(shop).set_index("product_id")["product"].to_dict()


def _named(shop: Shop) -> pd.DataFrame:
    if has(shop, "products"):
        frame = shop.engine.reduce("product_names")
    else:
        frame = shop.engine.reduce("product_ids")
        frame["product_name"] = frame["product_id"]
    twice = frame["product_name"].duplicated(keep=False)
    names = frame["product_name"].where(
        ~twice, frame["product_name"] + " (" + frame["product_id"] + ")"
    )
    return frame.assign(product=names.map(shown_name))
