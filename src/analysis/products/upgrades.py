"""Who may want the higher grade? Buyers of a product that has one, and how many went up so far."""

import pandas as pd

from analysis.intervals import wilson

MIN_AT_RISK = 30


def upgrade_table(counts: pd.DataFrame) -> pd.DataFrame:
    """Return for each product with a higher grade how many buyers went up and how many still may.

    Args:
        counts: Columns product_no, upgrade_product_no, buyers, candidates, mature_buyers,
            mature_upgraded, upgrade_orders, upgrade_amount_minor
            (`sql/upgrades.sql`).

    Returns:
        Products with 30 mature buyers or more, the most to gain first: the columns given and
        upgrade_share with upgrade_low and upgrade_high (mature_upgraded / mature_buyers),
        upgrade_mean_minor (what an order brings for the higher grade) and at_stake_minor =
        candidates * upgrade_share * upgrade_mean_minor: what they would bring if as many of them
        went up as of those before.
    """
    table = counts[counts["mature_buyers"] >= MIN_AT_RISK]
    low, high = wilson(table["mature_upgraded"], table["mature_buyers"])
    share = table["mature_upgraded"] / table["mature_buyers"]
    mean = table["upgrade_amount_minor"] / table["upgrade_orders"].clip(lower=1)
    return table.assign(
        upgrade_share=share,
        upgrade_low=low,
        upgrade_high=high,
        upgrade_mean_minor=mean,
        at_stake_minor=table["candidates"] * share * mean,
    ).sort_values(["at_stake_minor", "product_no"], ascending=[False, True], ignore_index=True)
