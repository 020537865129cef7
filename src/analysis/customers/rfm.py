"""How do customers score by recency, frequency and amount? One to five each, 5 the best."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.customers.fifths import fifth_steps
from analysis.errors import ParameterError
from analysis.money import decimals_of

SCORES = (1, 2, 3, 4, 5)
_STEPS = len(SCORES) - 1


class Thresholds(NamedTuple):
    """Where scores change: four cuts each, from score 1 | 2 to score 4 | 5.

    Attributes:
        recency_days: Silence at most, falling: `(120, 60, 30, 14)` gives 5 up to 14 days.
        purchases: Purchases at least, rising: `(2, 3, 5, 9)` gives 5 from 9 on.
        amount_minor: Paid at least, rising, in minor units.
        is_fixed: Whether a person set them; else they are quantiles of these customers.
    """

    recency_days: tuple[int, ...]
    purchases: tuple[int, ...]
    amount_minor: tuple[int, ...]
    is_fixed: bool


def thresholds(
    ranks: pd.DataFrame,
    *,
    recency_days: str = "",
    purchases: str = "",
    amounts: str = "",
    currency: str,
) -> Thresholds:
    """Return the cuts that a person fixed, or the quintiles of the customers.

    Quantiles fit any shop, but move with it: scores of two days are not comparable. Customers with
    equal values always get equal scores, so groups need not be equal in size.

    Args:
        ranks: Columns `recency_days`, `window_purchases`, `window_amount_minor`
            (`sql/customer_ranks.sql`); customers without a purchase in the window do not count.
        recency_days: Four whole numbers, falling, such as `"180 90 30 14"`, or empty.
        purchases: Four whole numbers, rising, or empty.
        amounts: Four amounts in the currency itself, rising, or empty.
        currency: ISO code.

    Raises:
        ParameterError: Some but not all three are given, or one is not four ordered numbers.
    """
    given = {"rfm_recency_days": recency_days, "rfm_purchases": purchases, "rfm_amounts": amounts}
    if any(text.strip() for text in given.values()):
        for name, text in given.items():
            if not text.strip():
                raise ParameterError(f"{name} == '', must be given too: all three or none.")
        unit = 10 ** decimals_of(currency)
        return Thresholds(
            tuple(round(cut) for cut in _cuts("rfm_recency_days", recency_days, falling=True)),
            tuple(round(cut) for cut in _cuts("rfm_purchases", purchases)),
            tuple(round(cut * unit) for cut in _cuts("rfm_amounts", amounts)),
            is_fixed=True,
        )
    active = ranks[ranks["window_purchases"] > 0]
    if active.empty:
        raise ParameterError("No customer bought in rank_window_days: make it longer.")
    recency_days, purchases, amount_minor = (
        active[name].to_numpy()
        for name in ("recency_days", "window_purchases", "window_amount_minor")
    )
    return Thresholds(
        tuple(-step for step in fifth_steps(-recency_days)),
        fifth_steps(purchases),
        fifth_steps(amount_minor),
        is_fixed=False,
    )


def scores(ranks: pd.DataFrame, cuts: Thresholds) -> pd.DataFrame:
    """Score every customer.

    Args:
        ranks: Columns `recency_days`, `window_purchases`, `window_amount_minor`.
        cuts: Where scores change.

    Returns:
        Columns `r_score`, `f_score`, `m_score`, 1 to 5 and index as given; all 0 for customers
        without a purchase in the window.

    >>> cuts = Thresholds((120, 60, 30, 14), (2, 3, 5, 9), (10, 20, 30, 40), is_fixed=True)
    >>> one = {"recency_days": [14], "window_purchases": [4], "window_amount_minor": [9]}
    >>> scores(pd.DataFrame(one), cuts).values.tolist()
    [[5, 3, 1]]
    """
    bought = (ranks["window_purchases"] > 0).to_numpy()

    def reached(column: str, steps: tuple[int, ...], *, falling: bool = False) -> np.ndarray:
        values = ranks[column].to_numpy()[:, None]
        passed = values <= np.array(steps) if falling else values >= np.array(steps)
        return np.where(bought, 1 + passed.sum(axis=1), 0)

    return pd.DataFrame(
        {
            "r_score": reached("recency_days", cuts.recency_days, falling=True),
            "f_score": reached("window_purchases", cuts.purchases),
            "m_score": reached("window_amount_minor", cuts.amount_minor),
        },
        index=ranks.index,
    )


def score_map(ranks: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    """Count customers, and add up what they paid in the window, by recency and frequency score.

    Returns:
        One row per pair: `r_score`, `f_score`, `customers`, `amount_minor`; customers without a
        purchase in the window are left out.
    """
    bought = scored["r_score"] > 0
    cells = (
        ranks[bought]
        .groupby([scored.loc[bought, "r_score"], scored.loc[bought, "f_score"]])[
            "window_amount_minor"
        ]
        .agg(["size", "sum"])
    )
    every = pd.MultiIndex.from_product([SCORES, SCORES], names=["r_score", "f_score"])
    return (
        cells.reindex(every, fill_value=0)
        .rename(columns={"size": "customers", "sum": "amount_minor"})
        .reset_index()
    )


def _cuts(name: str, text: str, *, falling: bool = False) -> list[float]:
    example = "'180 90 30 14'" if falling else "'2 3 5 9'"
    try:
        cuts = [float(part) for part in text.split()]
    except ValueError:
        cuts = []
    steps = np.diff(cuts) * (-1 if falling else 1)
    if len(cuts) != _STEPS or not np.isfinite(cuts).all() or (steps <= 0).any():
        order = "falling" if falling else "rising"
        raise ParameterError(f"{name} == {text!r}, must be four {order} numbers such as {example}.")
    return cuts
