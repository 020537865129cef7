"""When, at what price and what do customers buy, what next, and what are discounts worth?"""

from analysis.products.data import has, product_names
from analysis.products.discounts import coupon_codes, discount_shares
from analysis.products.entry import longest_window, value_by_group
from analysis.products.hours import busy_hours, has_hours, week
from analysis.products.pairs import Pairs, either_way, find_pairs
from analysis.products.payback import cost_per_customer, margin_from_costs, payback, profit_by_age
from analysis.products.prices import bands, quantile
from analysis.products.replenishment import replenishment
from analysis.products.sales import rank_sales
from analysis.products.upgrades import upgrade_table

__all__ = [
    "Pairs",
    "bands",
    "busy_hours",
    "cost_per_customer",
    "coupon_codes",
    "discount_shares",
    "either_way",
    "find_pairs",
    "has",
    "has_hours",
    "longest_window",
    "margin_from_costs",
    "payback",
    "product_names",
    "profit_by_age",
    "quantile",
    "rank_sales",
    "replenishment",
    "upgrade_table",
    "value_by_group",
    "week",
]
