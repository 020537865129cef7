"""Who does not come to a second order? The wall after order 1, and steps that contracts make."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.churn.transitions import CONTINUED, LOST, MIN_AT_RISK
from analysis.intervals import wilson, z_score

_DISCOUNTED_BELOW = 0.8


class Wall(NamedTuple):
    """Losses after the first order.

    Attributes:
        hazard: Share of those at risk who leave after order 1.
        low: Lower end of its 95% interval.
        high: Upper end.
        at_risk: Subscriptions at risk.
        lost: Those lost.
        discounted_offers: How many offers ask clearly less for the first order than for later ones.
        discounted_hazard: Hazard after order 1 with such an offer, missing without.
        other_hazard: Hazard after order 1 without.
        difference: The former less the latter.
        difference_low: Lower end of its 95% interval.
        difference_high: Upper end.
    """

    hazard: float
    low: float
    high: float
    at_risk: int
    lost: int
    discounted_offers: int
    discounted_hazard: float
    other_hazard: float
    difference: float
    difference_low: float
    difference_high: float


def first_order_wall(cells: pd.DataFrame) -> Wall | None:
    """Estimate the losses after order 1, and what first-order discounts have to do with them.

    Args:
        cells: What `count_transitions` returned.

    Returns:
        The wall, or None where fewer than 30 subscriptions are at risk after order 1.
    """
    offers = cells[(cells["cut"] == "offer") & (cells["is_commitment_end"] == 0)]
    cheaper = discounted_offers(offers)
    first = offers[(offers["order_no"] == 1) & offers["outcome"].isin((CONTINUED, *LOST))]
    chosen = first["offer"].isin(cheaper)
    at_risk, lost = _counts(first)
    if at_risk < MIN_AT_RISK:
        return None
    interval = wilson(lost, at_risk)
    (cheap_risk, cheap_lost), (risk, gone) = _counts(first[chosen]), _counts(first[~chosen])
    known = min(cheap_risk, risk) >= MIN_AT_RISK
    cheap, other = (cheap_lost / cheap_risk, gone / risk) if known else (np.nan, np.nan)
    error = np.sqrt(cheap * (1 - cheap) / cheap_risk + other * (1 - other) / risk) if known else 0.0
    margin = z_score(0.95) * error
    return Wall(
        lost / at_risk, float(interval.low), float(interval.high), at_risk, lost, len(cheaper),
        cheap, other, cheap - other, cheap - other - margin, cheap - other + margin,
    )  # fmt: skip


def discounted_offers(offers: pd.DataFrame) -> list[str]:
    """Return the offers whose first order brings less than 80% of what later orders bring."""
    sums = (
        offers.assign(is_first=offers["order_no"] == 1)
        .groupby(["offer", "is_first"])[["amount_minor", "subscriptions"]]
        .sum()
    )
    mean = (sums["amount_minor"] / sums["subscriptions"]).unstack("is_first")
    if not {True, False} <= set(mean.columns):
        return []
    return sorted(mean.index[mean[True] < _DISCOUNTED_BELOW * mean[False]])


def commitment_ends(hazards: pd.DataFrame) -> pd.DataFrame:
    """Return the orders with which commitments end, and how many leave as soon as they may.

    Args:
        hazards: What `order_hazards` returned.

    Returns:
        Columns `order_no`, `at_risk`, `lost`, `hazard`, `low`, `high`; 30 or more at risk.
    """
    table = pd.DataFrame(
        {
            "order_no": hazards["order_no"],
            "at_risk": hazards["at_risk"] - hazards["free_at_risk"],
            "lost": hazards["lost"] - hazards["free_lost"],
        }
    )
    table = table[table["at_risk"] >= MIN_AT_RISK].reset_index(drop=True)
    interval = wilson(table["lost"], table["at_risk"])
    return table.assign(
        hazard=table["lost"] / table["at_risk"], low=interval.low, high=interval.high
    )


def _counts(rows: pd.DataFrame) -> tuple[int, int]:
    lost = rows.loc[rows["outcome"].isin(LOST), "subscriptions"].sum()
    return int(rows["subscriptions"].sum()), int(lost)
