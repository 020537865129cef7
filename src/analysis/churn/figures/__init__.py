"""The charts of the churn-point report: data in, figure and alt text out."""

from analysis.churn.figures.groups import (
    conversion_chart,
    group_chart,
    reason_chart,
    triangle_chart,
)
from analysis.churn.figures.hazards import hazard_chart, survival_chart

__all__ = [
    "conversion_chart",
    "group_chart",
    "hazard_chart",
    "reason_chart",
    "survival_chart",
    "triangle_chart",
]
