"""In which of ten states is each customer? How far a customer has come, active or gone quiet.

The portfolio of customers (CPM): five stages by number of purchases, time from the first to the
last one, and amount, each split by whether the customer is still active.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.errors import ParameterError
from analysis.language import _
from analysis.money import decimals_of

FIRST, STARTING, STEADY, BURST, TOP = "first", "starting", "steady", "burst", "top"
STAGES = (FIRST, STARTING, STEADY, BURST, TOP)
_TOP_SHARE = 0.2


class Stages(NamedTuple):
    """Where stages divide.

    Attributes:
        tenure_days: Time from first to last purchase from which a customer is a long one.
        amount_minor: Total from which a customer is a large one.
        is_fixed: Whether a person set the amount; else a fifth of the repeat customers reach it.
    """

    tenure_days: int
    amount_minor: int
    is_fixed: bool


def stages(ranks: pd.DataFrame, *, tenure_days: int, amount: float = 0, currency: str) -> Stages:
    """Return the limits that a person fixed, or the amount that a fifth of repeaters reach.

    Args:
        ranks: Columns `purchases`, `amount_minor` of all time (`sql/customer_ranks.sql`).
        tenure_days: Time from first to last purchase from which a customer is a long one.
        amount: Total in the currency itself from which a customer is a large one, 0 for the
            quantile.
        currency: ISO code.

    Raises:
        ParameterError: A limit is negative, or the time below a day.
    """
    if tenure_days < 1:
        raise ParameterError(f"cpm_tenure_days == {tenure_days}, must be >= 1.")
    if amount < 0:
        raise ParameterError(f"cpm_amount == {amount}, must be >= 0.")
    if amount:
        return Stages(tenure_days, round(amount * 10 ** decimals_of(currency)), is_fixed=True)
    repeaters = np.sort(ranks.loc[ranks["purchases"] > 1, "amount_minor"].to_numpy())
    place = int(np.ceil((1 - _TOP_SHARE) * len(repeaters)))
    reached = int(repeaters[min(place, len(repeaters) - 1)]) if len(repeaters) else 0
    return Stages(tenure_days, reached, is_fixed=False)


def cpm_states(ranks: pd.DataFrame, limits: Stages) -> pd.DataFrame:
    """Count customers and what they have paid by stage, active or gone quiet.

    Args:
        ranks: Columns `age_days`, `recency_days`, `purchases`, `amount_minor`, of all time, and
            `quiet_ago_days`.
        limits: Where stages divide.

    Returns:
        Ten rows, the stages in order, active before quiet: `stage`, `is_active`, `customers`,
        `amount_minor`.
    """
    tenure = ranks["age_days"] - ranks["recency_days"]
    is_long, is_large = tenure >= limits.tenure_days, ranks["amount_minor"] >= limits.amount_minor
    stage = np.select(
        [ranks["purchases"] == 1, is_long & is_large, is_large, is_long],
        [FIRST, TOP, BURST, STEADY],
        default=STARTING,
    )
    active = ranks["quiet_ago_days"].to_numpy() < 0
    cells = ranks.groupby([stage, active])["amount_minor"].agg(["size", "sum"])
    every = pd.MultiIndex.from_product([STAGES, (True, False)], names=["stage", "is_active"])
    return (
        cells.reindex(every, fill_value=0)
        .rename(columns={"size": "customers", "sum": "amount_minor"})
        .reset_index()
    )


def stage_label(name: str) -> str:
    """Return the name of a stage as a reader sees it.

    >>> stage_label("steady")
    'steady: long, small'
    """
    return {
        FIRST: _("bought once"),
        STARTING: _("starting: short, small"),
        STEADY: _("steady: long, small"),
        BURST: _("burst: short, large"),
        TOP: _("top: long, large"),
    }[name]
