"""How many customers does an answer need, and what can a list of a given size tell?"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from analysis.errors import ParameterError

_ROUNDS = 60


def customers_for_rate(
    baseline: float,
    effect: float,
    *,
    holdout_share: float = 0.5,
    power: float = 0.8,
    confidence: float = 0.95,
) -> int:
    r"""Return how many customers in all arms a change of a rate needs to be told from none.

    $$n = \frac{\left(z_{1-\alpha/2} \sqrt{\bar p \bar q (1/h + 1/t)}
    + z_{1-\beta} \sqrt{p_0 q_0 / h + p_1 q_1 / t}\right)^2}{(p_1 - p_0)^2}$$

    with $h$ the share held out, $t = 1 - h$ and $\bar p = h p_0 + t p_1$.

    Args:
        baseline: Rate without the campaign.
        effect: Change in points, as a share.
        holdout_share: Share of the customers held out.
        power: Chance to tell the effect if it is there.
        confidence: Of the interval that tells it.

    Raises:
        ParameterError: A share is not between 0 and 1, or the effect is 0.

    Source:
        Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, section 4.2,
        without its continuity correction.

    >>> customers_for_rate(0.10, 0.01) / 2
    14751.0
    """
    _check_design(holdout_share, power, confidence)
    if not 0 < baseline < 1 or not 0 < baseline + effect < 1 or effect == 0:
        raise ParameterError(
            f"baseline == {baseline:g}, effect == {effect:g}: the rate must lie between 0 and 1 "
            f"with and without the effect, and the effect must not be 0."
        )
    need = _rate_need(baseline, effect, holdout_share, power, confidence)
    return _whole_arms(need, holdout_share)


def _rate_need(
    baseline: float, effect: float, holdout_share: float, power: float, confidence: float
) -> float:
    held, treated = holdout_share, 1 - holdout_share
    after = baseline + effect
    pooled = held * baseline + treated * after
    null = math.sqrt(pooled * (1 - pooled) * (1 / held + 1 / treated))
    spread = math.sqrt(baseline * (1 - baseline) / held + after * (1 - after) / treated)
    reach = ndtri((1 + confidence) / 2) * null + ndtri(power) * spread
    return float(reach / effect) ** 2


def customers_for_mean(
    standard_deviation: float,
    effect: float,
    *,
    holdout_share: float = 0.5,
    power: float = 0.8,
    confidence: float = 0.95,
) -> int:
    r"""Return how many customers in all arms a change of a mean needs to be told from none.

    $$n = \frac{(z_{1-\alpha/2} + z_{1-\beta})^2 \sigma^2 (1/h + 1/(1-h))}{\Delta^2}$$

    Args:
        standard_deviation: Of the metric between customers, zeros included.
        effect: Change of the mean.
        holdout_share: Share of the customers held out.
        power: Chance to tell the effect if it is there.
        confidence: Of the interval that tells it.

    Raises:
        ParameterError: The standard deviation is not above 0, the effect is 0, or a share is not
            between 0 and 1.

    >>> customers_for_mean(10, 0.3, power=0.85)
    39904
    """
    _check_design(holdout_share, power, confidence)
    if standard_deviation <= 0 or effect == 0:
        raise ParameterError(
            f"standard_deviation == {standard_deviation:g}, effect == {effect:g}: the first must "
            f"be > 0, the second not 0."
        )
    reach = ndtri((1 + confidence) / 2) + ndtri(power)
    spread = 1 / holdout_share + 1 / (1 - holdout_share)
    return _whole_arms(float(reach * standard_deviation / effect) ** 2 * spread, holdout_share)


def detectable_mean(
    standard_deviation: float,
    customers: ArrayLike,
    *,
    holdout_share: ArrayLike = 0.5,
    power: float = 0.8,
    confidence: float = 0.95,
) -> np.ndarray:
    """Return the smallest change of a mean that lists of these sizes tell from none.

    Args:
        standard_deviation: Of the metric between customers, zeros included.
        customers: Customers in all arms.
        holdout_share: Share of the customers held out, of a shape that fits.
        power: Chance to tell the effect if it is there.
        confidence: Of the interval that tells it.

    >>> float(round(detectable_mean(10, 39904, power=0.85)[()], 4))
    0.3
    """
    held = np.asarray(holdout_share, dtype=float)
    _check_design(held, power, confidence)
    reach = ndtri((1 + confidence) / 2) + ndtri(power)
    spread = 1 / held + 1 / (1 - held)
    return reach * standard_deviation * np.sqrt(spread / np.asarray(customers, dtype=float))


def detectable_rate(
    baseline: float,
    customers: ArrayLike,
    *,
    holdout_share: ArrayLike = 0.5,
    power: float = 0.8,
    confidence: float = 0.95,
) -> np.ndarray:
    """Return the smallest rise of a rate, in points, that lists of these sizes tell from none.

    It is missing where even a rise to all customers could not be told.

    Args:
        baseline: Rate without the campaign.
        customers: Customers in all arms.
        holdout_share: Share of the customers held out, of a shape that fits.
        power: Chance to tell the effect if it is there.
        confidence: Of the interval that tells it.

    >>> float(round(detectable_rate(0.10, 2 * 14751)[()], 4))
    0.01
    """
    size, held = np.broadcast_arrays(
        np.asarray(customers, dtype=float), np.asarray(holdout_share, dtype=float)
    )
    _check_design(held, power, confidence)
    if not 0 < baseline < 1:
        raise ParameterError(f"baseline == {baseline:g}, must lie between 0 and 1.")
    need = np.vectorize(
        lambda effect, share: _rate_need(baseline, effect, share, power, confidence), otypes=[float]
    )
    # The need falls as the effect grows: halve the range until it is narrow.
    low, high = np.zeros(size.shape), np.full(size.shape, (1 - baseline) * (1 - 1e-9))
    possible = need(high, held) <= size
    for _round in range(_ROUNDS):
        middle = (low + high) / 2
        enough = need(np.maximum(middle, 1e-12), held) <= size
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(possible, high, np.nan)


def days_needed(customers: int, *, customers_per_day: float, window_days: int) -> int:
    """Return how long a test takes that takes in customers as they come.

    Args:
        customers: Customers needed in all arms.
        customers_per_day: How many enter the segment on a day.
        window_days: How long each is watched.

    Raises:
        ParameterError: Nobody enters.

    >>> days_needed(1000, customers_per_day=8, window_days=60)
    184
    """
    if customers_per_day <= 0:
        raise ParameterError(f"customers_per_day == {customers_per_day:g}, must be > 0.")
    return math.ceil(customers / customers_per_day - 1e-9) - 1 + window_days


def _whole_arms(customers: float, holdout_share: float) -> int:
    return math.ceil(customers * holdout_share - 1e-6) + math.ceil(
        customers * (1 - holdout_share) - 1e-6
    )


def _check_design(holdout_share: ArrayLike, power: float, confidence: float) -> None:
    held = np.asarray(holdout_share, dtype=float)
    for name, share in (
        ("holdout_share", held.min()),
        ("holdout_share", held.max()),
        ("power", power),
        ("confidence", confidence),
    ):
        if not 0 < share < 1:
            raise ParameterError(f"{name} == {share:g}, must lie between 0 and 1.")
