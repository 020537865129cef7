"""The charts of the customer report: data in, figure and alt text out."""

from analysis.customers.figures.overview import (
    balance_chart,
    frequency_chart,
    gap_chart,
    revenue_chart,
)
from analysis.customers.figures.ranks import decile_chart, movement_chart, score_chart, state_chart
from analysis.customers.figures.repeats import (
    retention_chart,
    revenue_map,
    second_purchase_chart,
    silence_chart,
    step_chart,
)

__all__ = [
    "balance_chart",
    "decile_chart",
    "frequency_chart",
    "gap_chart",
    "movement_chart",
    "retention_chart",
    "revenue_chart",
    "revenue_map",
    "score_chart",
    "second_purchase_chart",
    "silence_chart",
    "state_chart",
    "step_chart",
]
