"""Whom to write to? Subscribers now at each order, and those who left, by reason and time since."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.churn.reasons import map_reasons
from analysis.suppression import MIN_SHOWN

# Ends of the ranges of days since the end, as `sql/ended_subscribers.sql` has them.
WITHIN_DAYS = (30, 90, 180, 365, 0)


def is_running(subscriptions: pd.DataFrame, *, grace_days: int) -> pd.Series:
    """Return of which subscriptions the next order can still be expected: not paused, not overdue.

    Args:
        subscriptions: `sql/running_subscriptions.sql`, none of them cancelled.
        grace_days: Days after the due day in which an order still counts as taken.
    """
    return (subscriptions["is_paused"] == 0) & (
        subscriptions["days_until_next_order"] >= -grace_days
    )


def active_by_order(subscriptions: pd.DataFrame, *, grace_days: int) -> pd.DataFrame:
    """Count the subscriptions that are not cancelled, by the last order they have taken.

    Args:
        subscriptions: `sql/running_subscriptions.sql`.
        grace_days: Days after the due day in which an order still counts as taken.

    Returns:
        Columns `order_no`, `active` (running: the next order can be expected), `paused` and
        `overdue` (neither, as the next order has not come by its due day and the grace).
    """
    active = is_running(subscriptions, grace_days=grace_days)
    paused = subscriptions["is_paused"] == 1
    counts = pd.DataFrame(
        {
            "order_no": subscriptions["order_no"],
            "active": active,
            "paused": paused,
            "overdue": ~active & ~paused,
        }
    )
    return counts.groupby("order_no").sum().astype("int64").reset_index()


def between_orders(active: pd.DataFrame, *, order_no: int) -> int:
    """Return how many subscriptions have taken an order and wait for the next one."""
    return int(active.loc[active["order_no"] == order_no, "active"].sum())


def win_back(ended: pd.DataFrame, table: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Count former subscribers by reason and days since their last subscription ended.

    Args:
        ended: `sql/ended_subscribers.sql`.
        table: Reason code to parts of texts.

    Returns:
        Customers, reason down (most first) and days across (30, 90, 180, 365, 0 for longer);
        missing where there are one to nine, and in the smallest other cells where these would
        otherwise follow from the total.
    """
    texts = ended["cancel_reason"].astype(object).where(ended["cancel_reason"].notna(), None)
    counts = (
        ended.assign(reason=map_reasons(list(texts), table))
        .pivot_table(
            index="reason", columns="within_days", values="customers", aggfunc="sum", fill_value=0
        )
        .reindex(columns=list(WITHIN_DAYS), fill_value=0)
    )
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    return counts.mask(hidden_cells(counts.to_numpy().ravel()).reshape(counts.shape))


def hidden_cells(counts: np.ndarray) -> np.ndarray:
    """Return which counts of people are hidden, given that a reader knows their sum.

    Those of one to nine are, and the smallest others until two are hidden and ten people in them.

    >>> hidden_cells(np.array([4, 0, 67, 10])).tolist()
    [True, False, False, True]
    """
    hidden = (counts > 0) & (counts < MIN_SHOWN)
    if hidden.any():
        for place in np.argsort(counts, kind="stable"):
            if hidden.sum() > 1 and counts[hidden].sum() >= MIN_SHOWN:
                break
            hidden[place] |= counts[place] > 0
    return hidden
