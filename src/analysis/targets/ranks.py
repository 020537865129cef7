"""How do customers score among those who bought in the last year, and which rank have they?

A campaign's rule may ask for a score from 1 to 5 (5 the best) or for a rank by name. Both compare
customers with each other, so they fit any shop and move with it; equal values get equal scores.
"""

import numpy as np
import pandas as pd

from analysis.customers.fifths import fifth_steps

WINDOW_DAYS = 365
GOLD, SILVER, BRONZE, REGULAR, NONE = RANKS = ("gold", "silver", "bronze", "regular", "none")
# Of the customers who bought in the window, from the largest amount on.
RANK_SHARES = (0.10, 0.30, 0.60)


def scores(customers: pd.DataFrame) -> pd.DataFrame:
    """Score recency, frequency and money by quintiles of the customers who bought in the window.

    Args:
        customers: Columns `days_since_order`, `window_purchases`, `window_amount_minor`
            (`sql/target_customers.sql`).

    Returns:
        Columns `recency_score`, `frequency_score`, `monetary_score`, 1 to 5; missing for customers
        without a purchase in the window.

    >>> days = list(range(10))
    >>> some = pd.DataFrame({"days_since_order": days, "window_purchases": [1] * 9 + [4]})
    >>> some["window_amount_minor"] = [100 * day for day in days]
    >>> scores(some).iloc[[0, 9]].to_numpy().tolist()
    [[5.0, 1.0, 1.0], [1.0, 5.0, 5.0]]
    """
    bought = customers["window_purchases"].to_numpy() > 0
    found = {
        "recency_score": _score(-customers["days_since_order"].to_numpy(), bought),
        "frequency_score": _score(customers["window_purchases"].to_numpy(), bought),
        "monetary_score": _score(customers["window_amount_minor"].to_numpy(), bought),
    }
    return pd.DataFrame(found, index=customers.index)


def ranks(customers: pd.DataFrame) -> np.ndarray:
    """Return each customer's rank by what was paid in the window: the top tenth is `gold`.

    Args:
        customers: Columns `window_purchases`, `window_amount_minor`.

    >>> some = pd.DataFrame({"window_purchases": [1] * 10 + [0]})
    >>> some["window_amount_minor"] = [*range(10, 0, -1), 0]
    >>> ranks(some)[[0, 1, 3, 6, 10]].tolist()
    ['gold', 'silver', 'bronze', 'regular', 'none']
    """
    bought = customers["window_purchases"].to_numpy() > 0
    amounts = customers["window_amount_minor"].to_numpy()
    ordered = np.sort(amounts[bought])[::-1]
    if not len(ordered):
        return np.full(len(amounts), NONE, dtype=object)
    places = [max(int(np.floor(share * len(ordered))), 1) - 1 for share in RANK_SHARES]
    missed = (amounts[:, None] < ordered[places]).sum(axis=1)
    return np.array(RANKS, dtype=object)[np.where(bought, missed, len(RANK_SHARES) + 1)]


def _score(values: np.ndarray, bought: np.ndarray) -> np.ndarray:
    if not bought.any():
        return np.full(len(values), np.nan)
    steps = np.array(fifth_steps(values[bought]))
    return np.where(bought, 1 + (values[:, None] >= steps).sum(axis=1), np.nan)
