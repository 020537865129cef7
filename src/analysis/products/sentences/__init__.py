"""What the sections on when, what and what next say: results in, sentences out."""

from analysis.products.sentences.discounts import discounts_sentence, segment_discounts_sentence
from analysis.products.sentences.next_purchase import (
    next_sentence,
    replenishment_sentence,
    together_sentence,
    upgrades_sentence,
)
from analysis.products.sentences.selling import (
    hours_sentence,
    no_lines_sentence,
    prices_sentence,
    sales_sentence,
)
from analysis.products.sentences.value import (
    first_product_sentence,
    payback_sentence,
    source_sentence,
)

__all__ = [
    "discounts_sentence",
    "first_product_sentence",
    "hours_sentence",
    "next_sentence",
    "no_lines_sentence",
    "payback_sentence",
    "prices_sentence",
    "replenishment_sentence",
    "sales_sentence",
    "segment_discounts_sentence",
    "source_sentence",
    "together_sentence",
    "upgrades_sentence",
]
