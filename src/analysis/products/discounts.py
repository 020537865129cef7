"""What do coupons and points cost? Shares of orders, revenue and margin, by kind of order."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.intervals import wilson
from analysis.products.acquisition import gross_margin
from analysis.products.data import has
from analysis.shop import Shop
from analysis.suppression import MIN_SHOWN

KINDS = ("first", "repeat", "subscription")


class Discounts(NamedTuple):
    """What was given away.

    Attributes:
        shares: What `discount_shares` returned.
        codes: What `coupon_codes` returned; no rows where orders tell no codes.
        margin_share: Gross profit per unit of revenue, or None where it is unknown.
    """

    shares: pd.DataFrame
    codes: pd.DataFrame
    margin_share: float | None


def read_discounts(shop: Shop, *, margin_share: float) -> Discounts | None:
    """Read what was given away, or return None where orders tell no discounts.

    Args:
        shop: The shop.
        margin_share: Gross margin, 0 to 1; 0 for that of the products' unit costs.
    """
    if not has(shop, "orders", "discount_minor"):
        return None
    margin = gross_margin(shop, margin_share=margin_share)
    codes = pd.DataFrame()
    if has(shop, "orders", "coupon_code"):
        codes = coupon_codes(shop.reduce("coupon_use"))
    shares = discount_shares(shop.reduce("discount_use"), margin_share=margin)
    return Discounts(shares, codes, margin)


def discount_shares(use: pd.DataFrame, *, margin_share: float | None) -> pd.DataFrame:
    r"""Return how many orders were discounted and what part of the margin was given away.

    Margin before discounts is $m A + D$, with $A$ what was paid, $m$ the margin on it and $D$ what
    was given away: had nobody had a discount, the same orders would have earned that.

    Args:
        use: Columns kind, is_discounted, orders, customers, amount_minor, discount_minor
            (`sql/discount_use.sql`).
        margin_share: Gross profit per unit of revenue, or None where it is unknown.

    Returns:
        One row per kind and `total`: orders, discounted_orders, order_share with order_low and
        order_high, paid_minor, given_minor, price_share = given / (paid + given),
        margin_share_given (missing without a margin), discounted_mean_minor and full_mean_minor
        (mean paid for an order with and without a discount).
    """
    rows = []
    for kind in (*KINDS, "total"):
        part = use if kind == "total" else use[use["kind"] == kind]
        if part.empty:
            continue
        discounted = part["is_discounted"].astype(bool)
        with_it, without = part[discounted], part[~discounted]
        paid, given = part["amount_minor"].sum(), part["discount_minor"].sum()
        before = np.nan if margin_share is None else margin_share * paid + given
        rows.append(
            {
                "kind": kind,
                "orders": part["orders"].sum(),
                "discounted_orders": with_it["orders"].sum(),
                "paid_minor": paid,
                "given_minor": given,
                "price_share": given / (paid + given) if paid + given else np.nan,
                "margin_share_given": given / before if before else np.nan,
                "discounted_mean_minor": with_it["amount_minor"].sum()
                / (with_it["orders"].sum() or np.nan),
                "full_mean_minor": without["amount_minor"].sum()
                / (without["orders"].sum() or np.nan),
            }
        )
    table = pd.DataFrame(rows)
    low, high = wilson(table["discounted_orders"], table["orders"])
    share = table["discounted_orders"] / table["orders"]
    return table.assign(order_share=share, order_low=low, order_high=high)


def coupon_codes(use: pd.DataFrame) -> pd.DataFrame:
    """Return coupon codes of ten customers or more, the most given away first.

    Args:
        use: Columns coupon_code, orders, customers, amount_minor, discount_minor
            (`sql/coupon_use.sql`).
    """
    return use[use["customers"] >= MIN_SHOWN].sort_values(
        ["discount_minor", "coupon_code"], ascending=[False, True], ignore_index=True
    )
