"""The tables of when, at what price and what customers buy, as a reader sees them."""

from analysis.products.tables.discounts import (
    coupons_table,
    discounts_table,
    segment_discounts_table,
)
from analysis.products.tables.next_purchase import (
    next_table,
    replenishment_table,
    together_table,
    upgrades_table,
)
from analysis.products.tables.selling import categories_table, products_table
from analysis.products.tables.value import first_product_table, payback_table, source_table

__all__ = [
    "categories_table",
    "coupons_table",
    "discounts_table",
    "first_product_table",
    "next_table",
    "payback_table",
    "products_table",
    "replenishment_table",
    "segment_discounts_table",
    "source_table",
    "together_table",
    "upgrades_table",
]
