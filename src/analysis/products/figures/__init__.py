"""The charts of when, at what price and what customers buy: data in, figure and alt text out."""

from analysis.products.figures.discounts import segment_discounts_chart
from analysis.products.figures.next_purchase import next_chart, together_chart
from analysis.products.figures.selling import hours_chart, price_chart
from analysis.products.figures.value import first_product_chart, payback_chart, source_chart

__all__ = [
    "first_product_chart",
    "hours_chart",
    "next_chart",
    "payback_chart",
    "price_chart",
    "segment_discounts_chart",
    "source_chart",
    "together_chart",
]
