"""What share of each month's starters is still there? The retention triangle, without its youth."""

from typing import Literal

import numpy as np
import pandas as pd

from analysis.churn.hazard import order_hazards
from analysis.churn.transitions import CONTINUED, LOST, MIN_AT_RISK, NOT_YET_DUE

Base = Literal["first", "before"]
_DECIDED_SHARE = 0.99
POOLED = "pooled"


def retention_triangle(
    cells: pd.DataFrame, *, base: Base, orders: int = 12, cohorts: int = 36
) -> pd.DataFrame:
    r"""Return retention by month of the first order and order number.

    Against the first order, $S(n) = \prod_{k \le n} (1 - h(k))$; against the order before,
    $1 - h(n)$. A cell is shown when the time of 99% of its subscriptions is up, and of those of all
    orders before; the last row pools all cohorts (the life table, not the mean of the cells).

    Args:
        cells: What `count_transitions` returned.
        base: Against the first order, or against the order before.
        orders: How many orders are shown.
        cohorts: How many of the latest months are shown.

    Returns:
        Columns `cohort` (month such as `2024-03`, or `pooled`), `order_no` (the order that is
        reached, from 2), `reached` (subscriptions at risk), `retention`, `status`: `shown`,
        `not_yet_due` (immature), `few` (fewer than 30 at risk) or `none` (nobody was free to go).
    """
    rows = cells[cells["cut"] == "cohort"]
    months = sorted(rows["cohort_month_no"].dropna().unique())[-cohorts:]
    counts = (
        rows.groupby(["cohort_month_no", "order_no", "outcome"])["subscriptions"]
        .sum()
        .unstack(fill_value=0)
        .reindex(columns=[CONTINUED, *LOST, NOT_YET_DUE, "committed", "paused"], fill_value=0)
    )
    parts = [_row(counts.loc[month], _month_name(int(month)), base, orders) for month in months]
    return pd.concat([*parts, _pooled(rows, base, orders)], ignore_index=True)


def _row(counts: pd.DataFrame, name: str, base: Base, orders: int) -> pd.DataFrame:
    counts = counts.reindex(range(1, orders), fill_value=0)
    at_risk = counts[[CONTINUED, *LOST]].sum(axis=1)
    lost = counts[list(LOST)].sum(axis=1)
    waiting = counts[NOT_YET_DUE]
    # Who has not come so far yet would be missing from a later cell.
    mature = (waiting <= (1 - _DECIDED_SHARE) * (at_risk + waiting)).cummin()
    free = at_risk + waiting > 0
    committed = ~free & (counts["committed"] > 0)
    retention = 1 - (lost / at_risk.where(at_risk > 0)).fillna(0.0)
    if base == "first":
        retention = retention.cumprod()
    status = np.select(
        [committed, ~mature, at_risk < MIN_AT_RISK], ["none", "not_yet_due", "few"], "shown"
    )
    return pd.DataFrame(
        {
            "cohort": name,
            "order_no": np.arange(2, orders + 1),
            "reached": at_risk.to_numpy(),
            "retention": retention.where(status == "shown").to_numpy(),
            "status": status,
        }
    )


def _pooled(cells: pd.DataFrame, base: Base, orders: int) -> pd.DataFrame:
    table = order_hazards(cells).set_index("order_no").reindex(range(1, orders))
    retention = table["survival"] if base == "first" else 1 - table["hazard"]
    shown = table["is_shown"].eq(True) & table["hazard"].notna()
    return pd.DataFrame(
        {
            "cohort": POOLED,
            "order_no": np.arange(2, orders + 1),
            "reached": table["at_risk"].fillna(0).astype(int).to_numpy(),
            "retention": retention.where(shown).to_numpy(),
            "status": np.where(shown, "shown", "few"),
        }
    )


def _month_name(month_no: int) -> str:
    """Return a month counted from year 0.

    >>> _month_name(24290)
    '2024-03'
    """
    return f"{month_no // 12:04d}-{month_no % 12 + 1:02d}"
