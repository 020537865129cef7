"""Effects and verdicts in words and figures, as sentences, tables and charts share them."""

import math

from analysis.experiments.decision import Stakes, Verdict
from analysis.experiments.effects import Effect
from analysis.experiments.evaluation import ArmResult, Evaluation
from analysis.experiments.labels import arm_label
from analysis.language import _
from analysis.style import NOTHING, format_count, format_money, format_share, with_interval
from analysis.suppression import write_people

_MINUS = "\N{MINUS SIGN}"
_WORD_JOINER = "\N{WORD JOINER}"


def verdict_label(verdict: Verdict) -> str:
    """Return a verdict in words."""
    return {
        "adopt": _("adopt"),
        "drop": _("drop"),
        "test_further": _("test further"),
        "cannot_be_judged": _("cannot be judged"),
    }[verdict]


def name_of(evaluation: Evaluation, result: ArmResult | None = None) -> str:
    """Return a test's name, with the arm where there are several."""
    if result is None or len(evaluation.sizes) <= 2:
        return evaluation.title
    return _("{title}, arm {arm}").format(title=evaluation.title, arm=arm_label(result.arm))


def write_value(value: float, unit: str, currency: str) -> str:
    """Write a rate, an amount or a count per customer.

    >>> write_value(0.5733, "share", "JPY"), write_value(1234.4, "minor", "JPY")
    ('57.3%', '¥1,234')
    """
    if not math.isfinite(value):
        return NOTHING
    if unit == "share":
        return format_share(value)
    if unit == "minor":
        return format_money(value, currency)
    return format_count(value, decimals=2)


def write_difference(value: float, unit: str, currency: str) -> str:
    r"""Write a difference with its sign; of rates in percentage points.

    >>> write_difference(0.1438, "share", "JPY"), write_difference(20.0, "minor", "JPY")
    ('+14.4 points', '+\u2060¥20')
    """
    if not math.isfinite(value):
        return NOTHING
    sign = "+" if value > 0 else _MINUS if value < 0 else ""
    size = abs(value)
    if unit == "share":
        points = f"{100 * size:.1f}"
        sign = sign if points.strip("0.") else ""
        return _("{sign}{points} points").format(sign=sign, points=points)
    if unit == "minor":
        # Lines may break between a sign and a currency, but must not.
        return f"{sign}{_WORD_JOINER}{format_money(size, currency)}"
    return f"{sign}{size:.3f}"


def write_interval(low: float, high: float, unit: str, currency: str) -> str:
    """Write both ends of a difference's interval.

    >>> write_interval(0.0714, 0.2146, "share", "JPY")
    '+7.1 to +21.5 points'
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return _("no interval")
    ends = [write_difference(end, unit, currency) for end in (low, high)]
    if unit == "share":
        ends[0] = ends[0].removesuffix(_("{sign}{points} points").format(sign="", points=""))
    return _("{low} to {high}").format(low=ends[0], high=ends[1])


def per_thousand(effect: Effect, currency: str) -> str:
    """Say the effect in numbers that can be imagined: of 1,000 customers, or per customer."""
    scale = 1000 if effect.unit != "minor" else 1
    ends = [end * scale for end in (effect.difference, effect.low, effect.high)]

    def write(value: float) -> str:
        if effect.unit == "minor":
            return write_difference(value, "minor", currency)
        sign = "+" if value > 0 else _MINUS if value < 0 else ""
        return f"{sign}{abs(value):,.0f}"

    return with_interval(*(write(end) for end in ends))


def write_counts(effect: Effect, currency: str) -> str:
    """Write numerators and denominators of both arms."""
    if effect.kind == "rate":
        return _("treated {treated} of {n1}, control {control} of {n0}").format(
            treated=write_people(round(effect.treated_sum)),
            n1=write_people(effect.treated_customers),
            control=write_people(round(effect.control_sum)),
            n0=write_people(effect.control_customers),
        )
    return _("treated {treated} of {n1} customers, control {control} of {n0}").format(
        treated=write_value(effect.treated, effect.unit, currency),
        n1=write_people(effect.treated_customers),
        control=write_value(effect.control, effect.unit, currency),
        n0=write_people(effect.control_customers),
    )


def break_even_of(effect: Effect, stakes: Stakes) -> float:
    """Return the difference at which the effect pays, on the side that is for the better."""
    return effect.sign * stakes.break_even
