"""How much does the definition matter? The same rate by other graces and by other tools' rules."""

import pandas as pd

from analysis.churn.transitions import COMMITTED, CONTINUED, LOST, NOT_YET_DUE, PAUSED

_FIRST_SPELL = (CONTINUED, *LOST, NOT_YET_DUE, COMMITTED, PAUSED)


def grace_sensitivity(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the hazard by order number at half, the same and double the grace.

    Args:
        cells: What `count_transitions` returned.

    Returns:
        Columns `order_no`, `at_risk`, `hazard`, `half_grace`, `double_grace`.
    """
    rows = cells[
        (cells["cut"] == "cohort") & cells["outcome"].isin((CONTINUED, *LOST, NOT_YET_DUE))
    ]
    sums = _sums(rows)
    return pd.DataFrame(
        {
            "order_no": sums.index,
            "at_risk": sums["decided"].to_numpy(),
            "hazard": _lost_share(sums["continued"], sums["decided"]),
            "half_grace": _lost_share(sums["half_grace_continued"], sums["half_grace_decided"]),
            "double_grace": _lost_share(
                sums["double_grace_continued"], sums["double_grace_decided"]
            ),
        }
    )


def other_definitions(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the rate of leaving after each order as other tools define it, beside the hazard.

    Args:
        cells: What `count_transitions` returned.

    Returns:
        Columns `order_no`, `reached`, `hazard`, and
        `not_reached`: 1 - subscriptions with order n + 1 / subscriptions with order n, everybody;
        `ended_of_all`: known to have ended after order n / everybody who reached it;
        `no_order_in_cycle`: no next order within cycle + grace, skips and pauses counted as lost.
    """
    rows = cells[(cells["cut"] == "cohort") & cells["outcome"].isin(_FIRST_SPELL)]
    sums = _sums(rows)
    reached = rows.groupby("order_no")["subscriptions"].sum().reindex(sums.index, fill_value=0)
    ended = rows[(rows["standing"] == "ended") | rows["outcome"].isin(LOST)]
    known = ended.groupby("order_no")["subscriptions"].sum().reindex(sums.index, fill_value=0)
    return pd.DataFrame(
        {
            "order_no": sums.index,
            "reached": reached.to_numpy(),
            "hazard": _lost_share(sums["continued"], sums["decided"]),
            "not_reached": (1 - reached.shift(-1, fill_value=0) / reached).to_numpy(),
            "ended_of_all": (known / reached).to_numpy(),
            "no_order_in_cycle": _lost_share(sums["by_cycle_continued"], sums["by_cycle_decided"]),
        }
    )


def _sums(rows: pd.DataFrame) -> pd.DataFrame:
    decided = rows["outcome"].isin((CONTINUED, *LOST))
    columns = [column for column in rows if column.endswith(("_decided", "_continued"))]
    table = rows.assign(
        decided=rows["subscriptions"].where(decided, 0),
        continued=rows["subscriptions"].where(rows["outcome"] == CONTINUED, 0),
    )
    return table.groupby("order_no")[["decided", "continued", *columns]].sum()


def _lost_share(continued: pd.Series, decided: pd.Series) -> pd.Series:
    return (1 - continued / decided.where(decided > 0)).to_numpy()
