"""What sells? Products and categories by revenue, buyers, first purchases and repeats."""

import pandas as pd

from analysis.intervals import wilson
from analysis.suppression import MIN_SHOWN

MIN_AT_RISK = 30


def rank_sales(sales: pd.DataFrame, *, customers: int) -> pd.DataFrame:
    """Rank products or categories by revenue, with their shares and repeat rates.

    Args:
        sales: Columns customers, first_customers, orders, quantity, amount_minor,
            mature_customers, repeat_customers and one that names the row (`sql/product_sales.sql`,
            `sql/category_sales.sql`).
        customers: All customers of the shop.

    Returns:
        The rows with ten buyers or more, the most revenue first, with revenue_share,
        running_share, buyer_share (of all customers), first_share (of all customers: whose first
        order held it), repeat_share with repeat_low and repeat_high (missing where fewer than 30
        customers are mature).
    """
    total = max(int(sales["amount_minor"].sum()), 1)
    name = sales.columns[0]
    table = sales.sort_values(["amount_minor", name], ascending=[False, True], ignore_index=True)
    low, high = wilson(table["repeat_customers"], table["mature_customers"])
    enough = table["mature_customers"] >= MIN_AT_RISK
    table = table.assign(
        revenue_share=table["amount_minor"] / total,
        running_share=table["amount_minor"].cumsum() / total,
        buyer_share=table["customers"] / customers,
        first_share=table["first_customers"] / customers,
        repeat_share=(table["repeat_customers"] / table["mature_customers"]).where(enough),
        repeat_low=pd.Series(low).where(enough),
        repeat_high=pd.Series(high).where(enough),
    )
    return table[table["customers"] >= MIN_SHOWN].reset_index(drop=True)


def products_for_share(sales: pd.DataFrame, *, share: float) -> int:
    """Return how many of the products that sell most bring a share of the revenue.

    >>> products_for_share(pd.DataFrame({"amount_minor": [20, 50, 30]}), share=0.8)
    2
    """
    running = sales["amount_minor"].sort_values(ascending=False).cumsum()
    return int((running < share * sales["amount_minor"].sum()).sum()) + 1
