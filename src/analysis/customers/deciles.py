"""How much of revenue do the largest buyers bring? Tenths of the buyers, if they are enough."""

import pandas as pd

from analysis.ltv.concentration import deciles


def buyer_deciles(ranks: pd.DataFrame) -> pd.DataFrame | None:
    """Divide the buyers of the window into ten equal groups by what they paid in it.

    Args:
        ranks: Columns `window_purchases`, `window_amount_minor` (`sql/customer_ranks.sql`).

    Returns:
        What `deciles` returns, or None where a tenth would be few people, or nothing was paid.
    """
    bought = ranks.loc[ranks["window_purchases"] > 0, ["window_amount_minor"]]
    return deciles(bought, "window_amount_minor")
