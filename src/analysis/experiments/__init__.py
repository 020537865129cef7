"""Did it work? Tests judged as assigned: trust, effects with intervals, and a verdict."""

from analysis.experiments.baseline import baselines, baselines_of, plan, plans
from analysis.experiments.corrections import holm, winsorize
from analysis.experiments.data_file import evaluate_file
from analysis.experiments.decision import Stakes
from analysis.experiments.effects import Effect, effect_of, rate_difference
from analysis.experiments.evaluation import (
    ArmResult,
    Evaluation,
    evaluate,
    evaluate_all,
    judge,
)
from analysis.experiments.power import (
    customers_for_mean,
    customers_for_rate,
    days_needed,
    detectable_mean,
    detectable_rate,
)
from analysis.experiments.reasons import reason_effects, reasons_by_test
from analysis.experiments.sample import Measure, Sample

__all__ = [
    "ArmResult",
    "Effect",
    "Evaluation",
    "Measure",
    "Sample",
    "Stakes",
    "baselines",
    "baselines_of",
    "customers_for_mean",
    "customers_for_rate",
    "days_needed",
    "detectable_mean",
    "detectable_rate",
    "effect_of",
    "evaluate",
    "evaluate_all",
    "evaluate_file",
    "holm",
    "judge",
    "plan",
    "plans",
    "rate_difference",
    "reason_effects",
    "reasons_by_test",
    "winsorize",
]
