"""What became of each step from one order of a subscription to the next? Counted, not listed."""

import pandas as pd

from analysis.errors import DataError, ParameterError
from analysis.shop import Shop

CONTINUED = "continued"
LOST = ("cancelled", "lapsed", "payment_failed")
NOT_YET_DUE, COMMITTED, PAUSED = "not_yet_due", "committed", "paused"
CAME_BACK, BEGAN_BEFORE = "came_back", "began_before"
OUTCOMES = (CONTINUED, *LOST, NOT_YET_DUE, COMMITTED, PAUSED, CAME_BACK, BEGAN_BEFORE)

# Below it a group is too small to speak, and is not drawn.
MIN_AT_RISK = 30


def has_subscriptions(shop: Shop) -> bool:
    """Return whether the shop has a table of subscriptions."""
    return "subscriptions" in shop.engine.tables


def count_transitions(shop: Shop, *, grace_days: int) -> pd.DataFrame:
    """Count what subscriptions did after each of their orders (`sql/subscription_transitions.sql`).

    Args:
        shop: A shop with subscriptions.
        grace_days: Days after the due day in which an order still counts as taken.

    Raises:
        ParameterError: The grace is negative.
        DataError: No subscription has an order, or the cuts do not count the same.
    """
    if grace_days < 0:
        raise ParameterError(f"grace_days == {grace_days}, must be >= 0.")
    cells = shop.reduce("subscription_transitions", grace_days=grace_days)
    if cells.empty:
        raise DataError(
            f"No subscription of shop '{shop.file.name}' has an order up to {shop.as_of}: check "
            f"that orders name their subscription in subscription_id."
        )
    balance(cells)
    return _with_product_names(cells, shop)


def _with_product_names(cells: pd.DataFrame, shop: Shop) -> pd.DataFrame:
    """Put names in the place of product IDs, where the shop has them and no two are the same."""
    if "products" not in shop.engine.tables:
        return cells
    products = shop.reduce("subscribed_products").set_index("product_id")["product_name"]
    names = products[~products.duplicated(keep=False)]
    return cells.assign(product_id=cells["product_id"].map(names).fillna(cells["product_id"]))


def balance(cells: pd.DataFrame) -> pd.DataFrame:
    """Return how many subscriptions reached each order, and what became of them.

    Args:
        cells: What `count_transitions` returned.

    Returns:
        One row per order number, with `order_no`, `reached`, a column for each outcome, and `lost`.

    Raises:
        DataError: The cuts do not count the same, or fewer reached an order than went past the one
            before. More may have: those whose first orders are older than the data.
    """
    counts = cells.pivot_table(
        index=["cut", "order_no"],
        columns="outcome",
        values="subscriptions",
        aggfunc="sum",
        fill_value=0,
    ).reindex(columns=list(OUTCOMES), fill_value=0)
    first = counts.loc["cohort"]
    for cut in counts.index.unique("cut"):
        if not counts.loc[cut].equals(first):
            raise DataError(f"Counted by {cut}, subscriptions differ from those by cohort.")
    table = first.rename_axis(columns=None).reset_index()
    table.insert(1, "reached", table[list(OUTCOMES)].sum(axis=1))
    _demand_who_went_past(table, subscriptions(cells, cut="cohort", standing="past"))
    table["lost"] = table[list(LOST)].sum(axis=1)
    return table


def _demand_who_went_past(table: pd.DataFrame, past: pd.Series) -> None:
    reached = table.set_index("order_no")["reached"]
    for order, count in past.items():
        if reached.get(order + 1, 0) < count:
            raise DataError(
                f"{count} subscriptions went past order {order}, but only "
                f"{reached.get(order + 1, 0)} reached order {order + 1}."
            )


def subscriptions(cells: pd.DataFrame, **where: object) -> pd.Series:
    """Return how many subscriptions are in each order number, of those cells that match.

    Args:
        cells: What `count_transitions` returned, one cut of it, or columns and their values:
            a value, or a tuple of values.
        **where: Column to the value or values wanted.
    """
    for column, wanted in where.items():
        values = wanted if isinstance(wanted, tuple) else (wanted,)
        cells = cells[cells[column].isin(values)]
    return cells.groupby("order_no")["subscriptions"].sum()


def mean_order_minor(cells: pd.DataFrame) -> float:
    """Return the mean amount of an order after the first, in minor units."""
    later = cells[(cells["cut"] == "cohort") & (cells["order_no"] > 1)]
    taken = later["subscriptions"].sum()
    return float(later["amount_minor"].sum() / taken) if taken else float("nan")
