"""Adopt, drop, or test further? The interval against the break-even line decides, not a p-value."""

import math
from typing import Literal, NamedTuple

from scipy.special import ndtri

from analysis.experiments.effects import Effect
from analysis.intervals import z_score

Verdict = Literal["adopt", "drop", "test_further", "cannot_be_judged"]
Standing = Literal["holds", "violated", "unproven"]

# One-sided 95%: the lower end of a two-sided 90% interval.
GUARDRAIL_CONFIDENCE = 0.90


class Stakes(NamedTuple):
    """What the deciding metric is worth, and what is hoped for.

    Attributes:
        cost_minor: What treating one customer costs.
        value_minor: What one more unit of the metric is worth in margin, in minor units: of a rate
            one more customer, of money one more minor unit.
        expected_effect: What is hoped for, per customer, in units of the metric.
    """

    cost_minor: float = 0.0
    value_minor: float = 0.0
    expected_effect: float = 0.0

    @property
    def break_even(self) -> float:
        """Gain at which a treated customer brings in what they cost."""
        return self.cost_minor / self.value_minor if self.cost_minor else 0.0


class Rail(NamedTuple):
    """A guardrail as it was found.

    Attributes:
        effect: The difference, with a 90% interval, whose ends are one-sided 95% bounds.
        margin: The largest damage that is accepted, in units of the metric.
        standing: `holds` where damage beyond the margin is excluded, `violated` where it is
            certain, `unproven` in between.
    """

    effect: Effect
    margin: float
    standing: Standing


class Money(NamedTuple):
    """Money in minor units with an interval.

    Attributes:
        estimate: Estimate.
        low: Lower end of its 95% interval.
        high: Upper end.
    """

    estimate: float
    low: float
    high: float


def judge_rail(effect: Effect, margin: float) -> Rail:
    """Judge a guardrail from the one-sided bounds of its effect."""
    _estimate, low, high = effect.gain
    standing: Standing = "unproven"
    if low > -margin:
        standing = "holds"
    elif high < -margin:
        standing = "violated"
    return Rail(effect, margin, standing)


def decide(effect: Effect, stakes: Stakes, rails: list[Rail]) -> Verdict:
    """Return the verdict on a treatment that may be judged.

    Adopt: the whole interval of the gain lies above break-even and every guardrail holds. Drop: it
    lies below, or a guardrail is violated. Otherwise the test cannot tell yet.
    """
    _estimate, low, high = effect.gain
    if not (math.isfinite(low) and math.isfinite(high)):
        return "cannot_be_judged"
    standings = {rail.standing for rail in rails}
    if high < stakes.break_even or "violated" in standings:
        return "drop"
    if low > stakes.break_even and standings <= {"holds"}:
        return "adopt"
    return "test_further"


def customers_needed(effect: Effect, stakes: Stakes, *, power: float = 0.8) -> int | None:
    """Return how many customers in all arms would tell the hoped-for effect from break-even.

    The spread is the one found; the effect is the one hoped for before, not the one found.

    Returns:
        None where no number will do: what is hoped for would not pay.
    """
    distance = abs(stakes.expected_effect) - stakes.break_even
    if distance <= 0 or not math.isfinite(effect.standard_error):
        return None
    found = effect.control_customers + effect.treated_customers
    reach = z_score(effect.confidence) + float(ndtri(power))
    return math.ceil(found * (reach * effect.standard_error / distance) ** 2)


def profit_per_thousand(effect: Effect, stakes: Stakes) -> Money | None:
    """Return what treating 1,000 customers earns after what it costs; None without a value."""
    if not stakes.value_minor:
        return None
    return Money(*(1000 * (gain * stakes.value_minor - stakes.cost_minor) for gain in effect.gain))


def detectable(effect: Effect, *, power: float = 0.8) -> float:
    """Return the smallest difference that a test of this size and spread would have told."""
    return (z_score(effect.confidence) + float(ndtri(power))) * effect.standard_error
