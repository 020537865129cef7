"""Customers: how many buy, how often, who comes back, who is best and who has gone quiet."""

from analysis.customers.balance import Balance, balances
from analysis.customers.cohorts import cohort_table, pooled_by_age
from analysis.customers.deciles import buyer_deciles
from analysis.customers.definitions import definition_rates
from analysis.customers.movement import (
    Comparison,
    TopChange,
    comparison,
    movement,
    rank_limits,
    top_change,
)
from analysis.customers.repeats import second_purchase_by_cohort, step_conversion
from analysis.customers.revenue import revenue_by_month, revenue_split
from analysis.customers.rhythm import (
    WriteDay,
    best_day_to_write,
    gap_curve,
    gap_curves,
    month_frequencies,
    purchases_per_buyer,
)
from analysis.customers.segments import segment, segment_sizes
from analysis.customers.silence import (
    Dormancy,
    chance_after_silence,
    dormancy,
    silence_curves,
    silence_table,
    thresholds,
)
from analysis.customers.states import Stages, cpm_states, stages

__all__ = [
    "Balance",
    "Comparison",
    "Dormancy",
    "Stages",
    "TopChange",
    "WriteDay",
    "balances",
    "best_day_to_write",
    "buyer_deciles",
    "chance_after_silence",
    "cohort_table",
    "comparison",
    "cpm_states",
    "definition_rates",
    "dormancy",
    "gap_curve",
    "gap_curves",
    "month_frequencies",
    "movement",
    "pooled_by_age",
    "purchases_per_buyer",
    "rank_limits",
    "revenue_by_month",
    "revenue_split",
    "second_purchase_by_cohort",
    "segment",
    "segment_sizes",
    "silence_curves",
    "silence_table",
    "stages",
    "step_conversion",
    "thresholds",
    "top_change",
]
