"""Churn points: at which order subscribers leave, why, who, and what it is worth to stop them."""

from analysis.churn.conversion import conversions
from analysis.churn.conversion_sentences import conversion_sentence, one_off_answer
from analysis.churn.groups import all_groups, compare_groups
from analysis.churn.hazard import order_hazards
from analysis.churn.origin import (
    known_to_have_ended,
    origin_sentence,
    overdue_sentence,
    read_origin,
)
from analysis.churn.peak import churn_points, peak_tests, smallest_excess
from analysis.churn.people import active_by_order, between_orders, win_back
from analysis.churn.projection import held_out_error, project, remaining_by_order
from analysis.churn.ranking import rank_orders
from analysis.churn.reasons import (
    at_risk_by_source,
    cumulative_incidence,
    losses_by_reason,
    reason_hazards,
    reason_totals,
    reasons_at,
    unknown_share,
)
from analysis.churn.sensitivity import grace_sensitivity, other_definitions
from analysis.churn.transitions import (
    balance,
    count_transitions,
    has_subscriptions,
    mean_order_minor,
)
from analysis.churn.triangle import retention_triangle
from analysis.churn.wall import commitment_ends, first_order_wall

__all__ = [
    "active_by_order",
    "all_groups",
    "at_risk_by_source",
    "balance",
    "between_orders",
    "churn_points",
    "commitment_ends",
    "compare_groups",
    "conversion_sentence",
    "conversions",
    "count_transitions",
    "cumulative_incidence",
    "first_order_wall",
    "grace_sensitivity",
    "has_subscriptions",
    "held_out_error",
    "known_to_have_ended",
    "losses_by_reason",
    "mean_order_minor",
    "one_off_answer",
    "order_hazards",
    "origin_sentence",
    "other_definitions",
    "overdue_sentence",
    "peak_tests",
    "project",
    "rank_orders",
    "read_origin",
    "reason_hazards",
    "reason_totals",
    "reasons_at",
    "remaining_by_order",
    "retention_triangle",
    "smallest_excess",
    "unknown_share",
    "win_back",
]
