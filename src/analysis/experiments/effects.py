"""What did it change? Differences between treated and control customers, with intervals."""

import math
import warnings
from collections.abc import Sequence, Set
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr

from analysis.errors import ParameterError
from analysis.experiments.sample import Measure, Sample, check_measure
from analysis.intervals import z_score

_CONTROL, _TREATED = 0, 1
# What is said of an effect that too few customers could be asked of.
_UNKNOWN: dict[str, float | None] = {
    **dict.fromkeys(("control", "treated", "difference", "low", "high"), math.nan),
    **dict.fromkeys(("standard_error", "lift", "lift_low", "lift_high"), math.nan),
    "p_value": 1.0,
    "variance_reduction": None,
}


class Effect(NamedTuple):
    """The difference that one treatment made to one metric, as assigned.

    Attributes:
        name: The metric's key.
        label: The metric in words.
        kind: `rate`, `mean` or `ratio`.
        unit: `share`, `minor` or `count`.
        arm: The treatment arm.
        control_customers: Customers in control.
        treated_customers: Customers in the treatment arm.
        control_sum: What control added up to (customers, minor units or counts).
        treated_sum: What the treatment arm added up to.
        control: Rate, mean or ratio in control, as observed.
        treated: Rate, mean or ratio in the treatment arm, as observed.
        difference: Treated less control, after the adjustment if there is one.
        low: Lower end of its interval.
        high: Upper end of its interval.
        standard_error: Of the difference.
        p_value: Two-sided, of no difference.
        lift: Difference as a share of control.
        lift_low: Lower end of its interval.
        lift_high: Upper end of its interval.
        variance_reduction: Share of the variance that the time before explains; None without.
        confidence: Of the intervals.
        sign: -1 where less is better.
        p_adjusted: P-value after Holm's correction within its family.
    """

    name: str
    label: str
    kind: str
    unit: str
    arm: str
    control_customers: int
    treated_customers: int
    control_sum: float
    treated_sum: float
    control: float
    treated: float
    difference: float
    low: float
    high: float
    standard_error: float
    p_value: float
    lift: float
    lift_low: float
    lift_high: float
    variance_reduction: float | None
    confidence: float
    sign: int
    p_adjusted: float = math.nan

    @property
    def gain(self) -> tuple[float, float, float]:
        """The difference for the better with its interval: estimate, low, high."""
        if self.sign > 0:
            return self.difference, self.low, self.high
        return -self.difference, -self.high, -self.low


def effect_of(
    measure: Measure, sample: Sample, arm: str, *, confidence: float = 0.95, adjusted: bool = True
) -> Effect:
    """Compare one treatment arm with control on one metric.

    Args:
        measure: What was measured.
        sample: Who was in which arm.
        arm: The treatment arm.
        confidence: Of the intervals.
        adjusted: Whether to use what was known before the assignment (CUPED), where there is any.

    Returns:
        The effect; without an estimate or an interval where the metric can be asked of nobody in
        an arm.

    Raises:
        DataError: A value is missing or impossible.
        ParameterError: The arm is unknown or is control.
    """
    if arm not in sample.arms[1:]:
        raise ParameterError(f"arm == '{arm}', must be one of {', '.join(sample.arms[1:])}.")
    check_measure(measure, sample)
    chosen = [sample.arm == _CONTROL, sample.arm == sample.arms.index(arm)]
    if measure.asked is not None:
        chosen = [rows & measure.asked for rows in chosen]
    if not all(rows.any() for rows in chosen):
        found = _UNKNOWN
    elif measure.kind == "rate":
        found = _rate([measure.value[rows] for rows in chosen], confidence)
    else:
        found = _mean(measure, chosen, confidence, adjusted=adjusted)
    return Effect(
        name=measure.name,
        label=measure.label,
        kind=measure.kind,
        unit=measure.unit,
        arm=arm,
        control_customers=int(chosen[_CONTROL].sum()),
        treated_customers=int(chosen[_TREATED].sum()),
        control_sum=float(measure.value[chosen[_CONTROL]].sum()),
        treated_sum=float(measure.value[chosen[_TREATED]].sum()),
        confidence=confidence,
        sign=measure.sign,
        **found,
    )


def without_estimate(effect: Effect) -> Effect:
    """Return an effect as if nothing were known but how many customers it was asked of."""
    return effect._replace(**_UNKNOWN)


def _rate(values: Sequence[np.ndarray], confidence: float) -> dict[str, float | None]:
    events = [int(each.sum()) for each in values]
    return rate_difference(
        events[_CONTROL],
        len(values[_CONTROL]),
        events[_TREATED],
        len(values[_TREATED]),
        confidence=confidence,
    )


def rate_difference(
    control_events: int,
    control_customers: int,
    treated_events: int,
    treated_customers: int,
    *,
    confidence: float = 0.95,
) -> dict[str, float | None]:
    r"""Return the difference of two proportions with Newcombe's hybrid score interval.

    The lift's interval is that of the log of the ratio (delta method):
    $\log(p_1/p_0) \pm z \sqrt{1/e_1 - 1/n_1 + 1/e_0 - 1/n_0}$; it is missing where nothing happened
    in an arm. The p-value is that of the pooled two-proportion test.

    Args:
        control_events: Customers of control to whom it happened.
        control_customers: Customers in control.
        treated_events: Treated customers to whom it happened.
        treated_customers: Treated customers.
        confidence: Of the intervals.

    Raises:
        ParameterError: An arm has no customers.

    Source:
        Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.

    >>> found = rate_difference(48, 80, 56, 70)
    >>> [round(found[key], 4) for key in ("difference", "low", "high")]
    [0.2, 0.0524, 0.3339]
    """
    if min(control_customers, treated_customers) < 1:
        raise ParameterError(
            f"control_customers == {control_customers}, treated_customers == {treated_customers}: "
            f"both must be >= 1."
        )
    from statsmodels.stats.proportion import confint_proportions_2indep

    control, treated = control_events / control_customers, treated_events / treated_customers
    low, high = confint_proportions_2indep(
        treated_events,
        treated_customers,
        control_events,
        control_customers,
        method="newcomb",
        compare="diff",
        alpha=1 - confidence,
    )
    # Roots of sums of squares end a bit beyond what a difference of shares can be.
    low, high = max(float(low), -1.0), min(float(high), 1.0)
    pooled = (control_events + treated_events) / (control_customers + treated_customers)
    spread = 1 / control_customers + 1 / treated_customers
    null_error = math.sqrt(pooled * (1 - pooled) * spread)
    difference = treated - control
    lift = lift_low = lift_high = math.nan
    if control_events and treated_events:
        error = math.sqrt(
            max(1 / treated_events - 1 / treated_customers, 0)
            + max(1 / control_events - 1 / control_customers, 0)
        )
        reach = math.exp(z_score(confidence) * error)
        lift = treated / control - 1
        lift_low, lift_high = treated / control / reach - 1, treated / control * reach - 1
    return {
        "control": control,
        "treated": treated,
        "difference": difference,
        "low": float(low),
        "high": float(high),
        "standard_error": math.sqrt(
            control * (1 - control) / control_customers
            + treated * (1 - treated) / treated_customers
        ),
        "p_value": float(2 * ndtr(-abs(difference) / null_error)) if null_error else 1.0,
        "lift": lift,
        "lift_low": lift_low,
        "lift_high": lift_high,
        "variance_reduction": None,
    }


def _mean(
    measure: Measure, chosen: Sequence[np.ndarray], confidence: float, *, adjusted: bool
) -> dict[str, float | None]:
    """Compare means (Welch) or ratios (delta method), with CUPED where a covariate varies."""
    columns = {
        "value": measure.value,
        "denominator": measure.denominator,
        "covariate": measure.covariate if adjusted else None,
        "denominator_covariate": measure.denominator_covariate if adjusted else None,
    }
    held = {name: column for name, column in columns.items() if column is not None}
    aggregates = {
        place: _moments({name: column[rows] for name, column in held.items()})
        for place, rows in enumerate(chosen)
    }
    outcomes = held.keys() & {"value", "denominator"}
    plain = _compare(aggregates, outcomes, confidence)
    usable = "covariate" in held and any(each.var("covariate") > 0 for each in aggregates.values())
    best = _compare(aggregates, held.keys(), confidence) if usable else plain
    errors = [_standard_error(result, confidence) for result in (plain, best)]
    return {
        "control": plain.control,
        "treated": plain.treatment,
        "difference": best.effect_size,
        "low": best.effect_size_ci_lower,
        "high": best.effect_size_ci_upper,
        "standard_error": errors[1],
        "p_value": best.pvalue if math.isfinite(best.pvalue) else 1.0,
        "lift": best.rel_effect_size,
        "lift_low": best.rel_effect_size_ci_lower,
        "lift_high": best.rel_effect_size_ci_upper,
        "variance_reduction": 1 - (errors[1] / errors[0]) ** 2 if usable and errors[0] else None,
    }


def _standard_error(result: Any, confidence: float) -> float:
    # The statistic is effect / error; where the effect is exactly 0 the interval tells it.
    if result.statistic:
        return abs(result.effect_size / result.statistic)
    return (result.effect_size_ci_upper - result.effect_size) / z_score(confidence)


def _compare(aggregates: dict[int, Any], names: Set[str], confidence: float) -> Any:
    import tea_tasting as tt

    options = {"alternative": "two-sided", "confidence_level": confidence, "equal_var": False}
    covariate = "covariate" if "covariate" in names else None
    if "denominator" in names:
        earlier = "denominator_covariate" if "denominator_covariate" in names else None
        metric = tt.RatioOfMeans("value", "denominator", covariate, earlier, **options)
    else:
        metric = tt.Mean("value", covariate, **options)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an arm without variance; its interval is missing then
        return metric.analyze(aggregates, _CONTROL, _TREATED)


def _moments(columns: dict[str, np.ndarray]) -> Any:
    """Return counts, means, variances and covariances, by which tea-tasting never sees a row."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # importing ibis warns of what this project does not use
        import tea_tasting.aggr

    names = list(columns)
    table = np.vstack([np.asarray(column, dtype=float) for column in columns.values()])
    means = table.mean(axis=1)
    table -= means[:, None]
    covariance = table @ table.T / (table.shape[1] - 1)
    return tea_tasting.aggr.Aggregates(
        count_=table.shape[1],
        mean_=dict(zip(names, means.tolist(), strict=True)),
        var_={name: float(covariance[place, place]) for place, name in enumerate(names)},
        cov_={
            (one, other): float(covariance[place, later])
            for place, one in enumerate(names)
            for later, other in enumerate(names)
            if place < later
        },
    )
