"""What could be offered to whom? Everything that the shop's products tell, read in one go."""

from typing import NamedTuple

import pandas as pd

from analysis.products.data import has, product_names
from analysis.products.pairs import MIN_CUSTOMERS, Pairs, either_way, find_pairs
from analysis.products.replenishment import replenishment
from analysis.products.upgrades import upgrade_table
from analysis.shop import Shop

_MOST_PRODUCTS = 200


class Offers(NamedTuple):
    """What the shop's products tell about the next purchase.

    Attributes:
        names: Product names by number.
        sales: What `sql/product_sales.sql` returned.
        customers: All customers of the shop.
        next_pairs: What is bought next after what.
        refills: When products are bought again (`replenishment`).
        upgrades: Who may want the higher grade (`upgrade_table`); no rows where none is named.
    """

    names: pd.Series
    sales: pd.DataFrame
    customers: int
    next_pairs: Pairs
    refills: pd.DataFrame
    upgrades: pd.DataFrame

    @property
    def mean_order_minor(self) -> pd.Series:
        """What each product brings in an order with it, by number."""
        means = self.sales["amount_minor"] / self.sales["orders"]
        return means.set_axis(self.sales["product_no"].to_numpy())


def read_offers(shop: Shop, *, again_days: int, min_lift: float) -> Offers | None:
    """Read what the shop's products tell, or return None where orders have no lines.

    Args:
        shop: The shop.
        again_days: Within how many days another purchase counts.
        min_lift: How many times as often as by chance a pair must occur to be of use.
    """
    if not has(shop, "baskets"):
        return None
    gaps = shop.reduce("product_gaps", most_products=_MOST_PRODUCTS)
    upgrades = pd.DataFrame()
    if has(shop, "products", "upgrade_product_id"):
        upgrades = upgrade_table(shop.reduce("upgrades", window_days=again_days))
    return Offers(
        names=product_names(shop),
        sales=shop.reduce("product_sales", window_days=again_days),
        customers=shop.engine.scalar("period", as_of=shop.as_of)["customers"],
        next_pairs=_pairs(shop, "next_product", min_lift=min_lift),
        refills=replenishment(gaps, within_days=again_days),
        upgrades=upgrades,
    )


def together(shop: Shop, *, min_lift: float) -> Pairs:
    """Find the products that are bought together, each pair once."""
    return either_way(_pairs(shop, "basket_pairs", min_lift=min_lift))


def _pairs(shop: Shop, name: str, *, min_lift: float) -> Pairs:
    counts = shop.reduce(name, min_customers=MIN_CUSTOMERS)
    margins = shop.reduce(f"{name}_margins", min_customers=MIN_CUSTOMERS)
    return find_pairs(counts, margins, min_lift=min_lift)
