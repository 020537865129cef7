"""Whom to write to? Subscribers now at each order, and those who left, by reason and time since."""

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.churn.reasons import map_reasons
from analysis.churn.transitions import COMMITTED, MIN_SHOWN, NOT_YET_DUE, PAUSED, subscriptions

# Ends of the ranges of days since the end, as `sql/ended_subscribers.sql` has them.
WITHIN_DAYS = (30, 90, 180, 365, 0)


def active_by_order(cells: pd.DataFrame) -> pd.DataFrame:
    """Count the subscriptions that run now, by the last order they have taken.

    Args:
        cells: What `count_transitions` returned.

    Returns:
        Columns `order_no`, `active` (not cancelled, not paused) and `paused`.
    """
    cohort = cells[(cells["cut"] == "cohort") & (cells["standing"] == "open")]
    table = pd.DataFrame(
        {
            "active": subscriptions(cohort, outcome=(NOT_YET_DUE, COMMITTED)),
            "paused": subscriptions(cohort, outcome=PAUSED),
        }
    )
    return table.fillna(0).astype("int64").rename_axis("order_no").reset_index()


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
        missing where there are one to nine, and where that would tell such a number.
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
    return counts.where((counts == 0) | (counts >= MIN_SHOWN))
