"""When, at what price and what do customers buy, what next, and what are discounts worth?"""

from analysis.products.acquisition import Acquisition, gross_margin, read_acquisition
from analysis.products.data import has, product_names
from analysis.products.discount_segments import read_segment_discounts, segment_discounts
from analysis.products.discounts import Discounts, coupon_codes, discount_shares, read_discounts
from analysis.products.entry import value_by_group
from analysis.products.hours import busy_hours, has_hours, week
from analysis.products.offers import Offers, read_offers, together
from analysis.products.pairs import Pairs, either_way, find_pairs
from analysis.products.payback import cost_per_customer, of_known_cost, payback, profit_by_age
from analysis.products.prices import Prices, bands, quantile, read_prices
from analysis.products.replenishment import replenishment
from analysis.products.sales import products_for_share, rank_sales
from analysis.products.upgrades import upgrade_table

__all__ = [
    "Acquisition",
    "Discounts",
    "Offers",
    "Pairs",
    "Prices",
    "bands",
    "busy_hours",
    "cost_per_customer",
    "coupon_codes",
    "discount_shares",
    "either_way",
    "find_pairs",
    "gross_margin",
    "has",
    "has_hours",
    "of_known_cost",
    "payback",
    "product_names",
    "products_for_share",
    "profit_by_age",
    "quantile",
    "rank_sales",
    "read_acquisition",
    "read_discounts",
    "read_offers",
    "read_prices",
    "read_segment_discounts",
    "replenishment",
    "segment_discounts",
    "together",
    "upgrade_table",
    "value_by_group",
    "week",
]
