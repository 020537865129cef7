"""How many purchases do customers make who have not left yet? Exact, whatever the parameters.

Given x repeat purchases in time T and not having left, a customer's rate is Gamma(r + x, alpha + T)
and the chance of leaving p at each purchase Beta(a, s), so that within a time t

    E = integral over p of [1 - (1 + p o) ** -(r + x)] / p,   o = t / (alpha + T).

The closed form of Fader, Hardie & Lee (2005, equation 10) has poles at a = 1 and a + s = 1 and
turns negative inside a logarithm for one-time buyers when a + b < 1. The integral has none of that:
over the log odds of p it is a smooth bump, of which the trapezoid rule takes an area as exact as
floating point allows. Time enters only through o, so that for each x one curve over log o, known at
its Chebyshev points, serves every age and every horizon.
"""

from typing import NamedTuple

import numpy as np
from numpy.polynomial import chebyshev

_NODES = 192
# Where the bump has fallen by exp(-_DROP), nothing is left of it in floating point.
_DROP = 40.0
_BISECTIONS = 40
_MOST_POINTS = 96
# Exponent of the error left between Chebyshev points.
_EXACTNESS = 30.0


class Leaving(NamedTuple):
    """The chance of leaving as weighted points, one row per number of purchases.

    Attributes:
        chance: p.
        log_chance: Mean of ln p that a point stands for; a point may stand for a whole tail.
        log_stay: Mean of ln(1 - p).
        weight: Of each point; a row sums to 1.
    """

    chance: np.ndarray
    log_chance: np.ndarray
    log_stay: np.ndarray
    weight: np.ndarray


def leaving(a: np.ndarray | float, stay: np.ndarray, *, largest: float) -> Leaving:
    """Return points and weights to integrate over p ~ Beta(a, stay).

    Args:
        a: First parameter, or one per row.
        stay: Second parameters, one per row.
        largest: Largest (r + x) o that will be integrated; smaller p than it can tell from zero
            are one point.
    """
    stay = np.asarray(stay, dtype=float)[:, None]
    a = np.broadcast_to(np.asarray(a, dtype=float), len(stay))[:, None]
    top = np.log(a / stay)

    def fall(odds: np.ndarray) -> np.ndarray:
        return _log_bump(top, a, stay) - _log_bump(odds, a, stay)

    low = _edge(fall, top, np.minimum(top, -_DROP - np.log1p(largest)))
    high = _edge(fall, top, np.maximum(top, _DROP))
    step = (high - low) / (_NODES - 1)
    odds = low + step * np.arange(_NODES)
    weight = np.exp(-fall(odds))
    left_ratio, right_ratio = np.exp(-a * step), np.exp(-stay * step)
    # Beyond both ends p is as good as 0 or 1, and the weights are geometric series.
    weights = [
        weight[:, :1] * left_ratio / -np.expm1(-a * step),
        weight,
        weight[:, -1:] * right_ratio / -np.expm1(-stay * step),
    ]
    log_chance, log_stay = -np.logaddexp(0, -odds), -np.logaddexp(0, odds)
    before = log_chance[:, :1] - step / -np.expm1(-a * step)
    after = log_stay[:, -1:] - step / -np.expm1(-stay * step)
    total = np.concatenate(weights, axis=1)
    return Leaving(
        np.exp(np.concatenate([log_chance[:, :1], log_chance, log_chance[:, -1:]], axis=1)),
        np.concatenate([before, log_chance, log_chance[:, -1:]], axis=1),
        np.concatenate([log_stay[:, :1], log_stay, after], axis=1),
        total / total.sum(axis=1, keepdims=True),
    )


def _log_bump(odds: np.ndarray, a: np.ndarray, stay: np.ndarray) -> np.ndarray:
    return -a * np.logaddexp(0, -odds) - stay * np.logaddexp(0, odds)


def _edge(fall, top: np.ndarray, far: np.ndarray) -> np.ndarray:
    """Find where the bump has fallen far enough, between its top and a farthest point."""
    near = top
    reaches = fall(far) > _DROP
    end = far
    for _ in range(_BISECTIONS):
        middle = (near + end) / 2
        beyond = fall(middle) > _DROP
        near, end = np.where(beyond, near, middle), np.where(beyond, middle, end)
    return np.where(reaches, end, far)


def expected_while_alive(
    r: float,
    a: float,
    stay: float,
    frequency: np.ndarray,
    ratio: np.ndarray,
    *,
    slopes: bool = False,
) -> np.ndarray:
    """Return the purchases expected of customers who have not left, and how they change.

    Args:
        r: Shape of the purchase rates.
        a: First parameter of the chance of leaving.
        stay: Its second parameter for a customer without repeat purchases.
        frequency: Repeat purchases so far, x.
        ratio: o = t / (alpha + T) of the same shape.
        slopes: Whether derivatives are wanted too.

    Returns:
        An array of 1 x n; with slopes of 5 x n: the expectation and its derivatives by r, by o,
        by a and by `stay`.

    >>> expected_while_alive(1.0, 1.0, 1.0, np.array([0]), np.array([1.0])).round(6).tolist()
    [[0.693147]]
    """
    frequency, ratio = np.asarray(frequency, dtype=float), np.asarray(ratio, dtype=float)
    purchases, group = np.unique(frequency, return_inverse=True)
    order = np.argsort(group, kind="stable")
    ends = np.bincount(group, minlength=len(purchases)).cumsum()
    largest = float(((r + frequency) * ratio).max(initial=0))
    points = leaving(a, stay + purchases, largest=largest)
    expected = np.empty((5 if slopes else 1, len(ratio)))
    for row, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        members = order[start:end]
        chances = Leaving(*(part[row] for part in points))
        expected[:, members] = _curve(r + purchases[row], ratio[members], chances, slopes=slopes)
    return expected


def expected_after_first(
    r: np.ndarray, a: np.ndarray, stay: np.ndarray, ratio: np.ndarray
) -> np.ndarray:
    """Return the purchases expected of customers who bought once and have not left, by model.

    Args:
        r: Shape of the purchase rates, one per model.
        a: First parameter of the chance of leaving, one per model.
        stay: Its second parameter, one per model.
        ratio: o = t / alpha, models x times.

    Returns:
        An array of models x times.

    >>> one = np.ones(2)
    >>> expected_after_first(one, one, one, np.ones((2, 1))).round(6).tolist()
    [[0.693147], [0.693147]]
    """
    points = leaving(a, stay, largest=float((np.asarray(r)[:, None] * ratio).max(initial=0)))
    return np.stack(
        [
            _curve(shape, times, Leaving(*(part[row] for part in points)), slopes=False)[0]
            for row, (shape, times) in enumerate(zip(r, ratio, strict=True))
        ]
    )


def _curve(shape: float, ratio: np.ndarray, chances: Leaving, *, slopes: bool) -> np.ndarray:
    """Evaluate one x at many ratios: one by one, or between the Chebyshev points of the curve."""
    positive = ratio[ratio > 0]
    if not len(positive):
        return _at(shape, ratio, chances, slopes=slopes)
    low, high = np.log(positive.min()), np.log(positive.max())
    half = max((high - low) / 2, 1e-3)
    # The curve is analytic in a strip around the real line; that fixes how fast points converge.
    spread = np.pi / 2 / half
    points = int(min(np.ceil(_EXACTNESS / np.arcsinh(spread)) + 4, _MOST_POINTS))
    if len(ratio) <= 2 * points:
        return _at(shape, ratio, chances, slopes=slopes)
    nodes = chebyshev.chebpts1(points)
    at_nodes = np.exp((low + high) / 2 + half * nodes)
    # Free of the proportion in which they grow at first, small values keep all their digits.
    values = _at(shape, at_nodes, chances, slopes=slopes) * (1 + 1 / at_nodes)
    basis = chebyshev.chebvander(nodes, points - 1)
    coefficients = basis.T @ values.T * (2 / points)
    coefficients[0] /= 2
    place = (np.log(np.maximum(ratio, positive.min())) - (low + high) / 2) / half
    return chebyshev.chebval(place, coefficients) * (ratio / (1 + ratio))


def _at(shape: float, ratio: np.ndarray, chances: Leaving, *, slopes: bool) -> np.ndarray:
    """Integrate one x at each ratio."""
    grown = np.log1p(ratio[:, None] * chances.chance)
    weight = chances.weight / chances.chance
    bought = -np.expm1(-shape * grown)
    value = np.einsum("ij,j->i", bought, weight)
    if not slopes:
        return value[None]
    unbought = 1 - bought
    mean_log_chance = np.einsum("i,i", chances.weight, chances.log_chance)
    mean_log_stay = np.einsum("i,i", chances.weight, chances.log_stay)
    return np.stack(
        [
            value,
            np.einsum("ij,ij,j->i", unbought, grown, weight),
            shape * np.einsum("ij,j->i", unbought * np.exp(-grown), chances.weight),
            np.einsum("ij,j->i", bought, weight * (chances.log_chance - mean_log_chance)),
            np.einsum("ij,j->i", bought, weight * (chances.log_stay - mean_log_stay)),
        ]
    )
