"""Which order to act on? By rate, by people lost, and by orders and money that could be kept."""

import pandas as pd

from analysis.churn.transitions import CONTINUED, LOST, subscriptions


def rank_orders(
    cells: pd.DataFrame,
    hazards: pd.DataFrame,
    contrasted: pd.DataFrame,
    remaining: pd.Series,
    *,
    order_minor: float,
) -> pd.DataFrame:
    r"""Rank orders in three ways, for the losses of the last 365 days.

    Subscriptions whose commitment ends with an order are left out of it. Orders that could be
    kept: subscribers lost in excess of the neighbors' level, times the orders
    that someone who stays still takes, $\max(h(n) - u(n), 0) \, r'_n \, R(n)$, with $r'_n$ at risk
    in the last 365 days. They are counted where the excess can be tested.

    Args:
        cells: What `count_transitions` returned.
        hazards: What `order_hazards` returned.
        contrasted: What `peak_tests` returned.
        remaining: What `remaining_by_order` returned.
        order_minor: Mean amount of an order, in minor units.

    Returns:
        One row per shown order: `order_no`, `at_risk`, `hazard`, `low`, `high`, `recent_at_risk`,
        `recent_lost`, `kept_people`, `kept_people_low`, `kept_people_high`, `kept_orders`,
        `kept_minor`, `kept_minor_low`, `kept_minor_high`, and the ranks `rate_rank`, `lost_rank`,
        `kept_rank` (1 the largest).
    """
    cohort = cells[(cells["cut"] == "cohort") & (cells["is_recent"] == 1)]
    table = hazards.loc[
        hazards["is_shown"] & (hazards["free_at_risk"] > 0),
        ["order_no", "free_at_risk", "free_hazard", "free_low", "free_high"],
    ].set_index("order_no")
    table.columns = ["at_risk", "hazard", "low", "high"]
    for name, outcomes in (("recent_at_risk", (CONTINUED, *LOST)), ("recent_lost", LOST)):
        counted = subscriptions(cohort, outcome=outcomes, is_commitment_end=0)
        table[name] = counted.reindex(table.index)
    table = table.fillna({"recent_at_risk": 0, "recent_lost": 0})
    excess = contrasted.set_index("order_no").reindex(table.index)[["excess", "low", "high"]]
    people = excess.clip(lower=0).mul(table["recent_at_risk"], axis=0)
    orders_each = remaining.reindex(table.index)
    for name, column in (("", "excess"), ("_low", "low"), ("_high", "high")):
        table[f"kept_people{name}"] = people[column]
        table[f"kept_minor{name}"] = people[column] * orders_each * order_minor
    table["kept_orders"] = people["excess"] * orders_each
    for name, column in (
        ("rate_rank", "hazard"), ("lost_rank", "recent_lost"), ("kept_rank", "kept_orders"),
    ):  # fmt: skip
        table[name] = table[column].rank(ascending=False, method="first").astype("Int64")
    return table.reset_index().astype({"recent_at_risk": "int64", "recent_lost": "int64"})
