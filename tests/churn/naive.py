"""Popular ways to count churn by order number, each biased; kept so that nobody returns to them.

All take the plain tables and return the rate after order 1 to 6.
"""

import numpy as np
import pandas as pd

ORDERS = range(1, 7)


def last_orders(orders: pd.DataFrame) -> pd.DataFrame:
    """One row per subscription: number and day of its last order."""
    grouped = orders.groupby("subscription_id")["ordered_at"]
    return pd.DataFrame({"n": grouped.size(), "last": grouped.max()})


def not_reached(orders: pd.DataFrame) -> np.ndarray:
    """1 - subscriptions with n + 1 orders / subscriptions with n, everybody, due or not."""
    n = last_orders(orders)["n"]
    return np.array([1 - (n > order).sum() / (n >= order).sum() for order in ORDERS])


def ended_of_all(orders: pd.DataFrame, subscriptions: pd.DataFrame) -> np.ndarray:
    """Cancelled with n orders / everybody who reached n: the waiting count as staying."""
    n, gone = _joined(orders, subscriptions)
    return np.array([(gone & (n == order)).sum() / (n >= order).sum() for order in ORDERS])


def every_known_cancellation(orders: pd.DataFrame, subscriptions: pd.DataFrame) -> np.ndarray:
    """Cancelled with n orders / those who cancelled or came further: the waiting are left out."""
    n, gone = _joined(orders, subscriptions)
    return np.array(
        [
            (gone & (n == order)).sum() / ((gone & (n == order)) | (n > order)).sum()
            for order in ORDERS
        ]
    )


def no_order_in_cycle(
    orders: pd.DataFrame, subscriptions: pd.DataFrame, *, as_of: pd.Timestamp, days: int = 10
) -> np.ndarray:
    """No next order within cycle + 10 days: whoever skips or pauses counts as gone."""
    rows = orders.sort_values(["subscription_id", "ordered_at"]).copy()
    grouped = rows.groupby("subscription_id")["ordered_at"]
    rows["n"] = grouped.cumcount() + 1
    rows["next"] = grouped.shift(-1)
    cycle = subscriptions.set_index("subscription_id")["cycle_days"]
    limit = rows["ordered_at"] + pd.to_timedelta(
        rows["subscription_id"].map(cycle) + days, unit="D"
    )
    decided = rows[limit <= as_of].assign(gone=~(rows["next"] <= limit))
    return decided.groupby("n")["gone"].mean().reindex(ORDERS).to_numpy()


def _joined(orders: pd.DataFrame, subscriptions: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    rows = last_orders(orders)
    cancelled = subscriptions.set_index("subscription_id")["cancelled_at"].reindex(rows.index)
    return rows["n"], cancelled.notna()
