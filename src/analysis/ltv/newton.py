"""The highest point of a smooth function of a few parameters inside a box, by Newton's method."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

# A function's value, gradient and Hessian at a point.
Function = Callable[[np.ndarray], tuple[float, np.ndarray, np.ndarray]]

_TOLERANCE = 1e-9
_STEPS = 200
_LONGEST_STEP = 2.0
_FLATTEST = 1e-9
# Of a sum over a million customers.
_ROUNDING = 1e-12


class Maximum(NamedTuple):
    """Where a function is highest.

    Attributes:
        point: The point.
        value: The function there.
        gradient: Its gradient there.
        hessian: Its Hessian there.
        held: Which coordinates lie on the edge of the box and would leave it.
        evaluations: How often the function was computed.
    """

    point: np.ndarray
    value: float
    gradient: np.ndarray
    hessian: np.ndarray
    held: np.ndarray
    evaluations: int


def maximize(
    function: Function,
    start: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    *,
    tolerance: float = _TOLERANCE,
) -> Maximum:
    """Climb by Newton steps among the coordinates that are not held at an edge.

    Where the function does not curve down, the step follows the absolute curvature, which is still
    uphill; a step that does not climb is halved. Coordinates at an edge that would leave the box
    stay there, and come back when the slope turns. It never fails: where no step climbs any more,
    the point is as high as the numbers can tell.

    Args:
        function: Its value, gradient and Hessian; scaled so that a slope of 1e-9 is flat.
        start: Where to begin; moved into the box if outside.
        low: Lower edges of the box.
        high: Upper edges of the box.
        tolerance: Slope below which a coordinate counts as flat.

    >>> def hill(at):
    ...     return -float(at @ at), -2 * at, -2 * np.eye(2)
    >>> found = maximize(hill, np.array([3.0, 3.0]), np.array([-9.0, 1.0]), np.array([9.0, 9.0]))
    >>> found.point.tolist(), found.held.tolist()
    ([0.0, 1.0], [False, True])
    """
    point = np.clip(start, low, high)
    value, gradient, hessian = function(point)
    evaluations = 1
    held = _held(point, gradient, low, high)
    for _ in range(_STEPS):
        held = _held(point, gradient, low, high)
        if (np.abs(gradient[~held]) < tolerance).all():
            break
        step = np.zeros_like(point)
        step[~held] = _uphill(gradient[~held], hessian[np.ix_(~held, ~held)])
        length, climbed = 1.0, False
        while length > 1e-6 and not climbed:
            tried = np.clip(point + length * step, low, high)
            there = function(tried)
            evaluations += 1
            # Near the top the gain drowns in rounding; a flatter slope then tells of progress.
            rounding = _ROUNDING * (1 + abs(value))
            climbed = there[0] > value + rounding or (
                there[0] >= value - rounding
                and _slope(tried, there[1], low, high) < 0.5 * _slope(point, gradient, low, high)
            )
            length /= 2
        if not climbed:
            break
        point, (value, gradient, hessian) = tried, there
    return Maximum(point, value, gradient, hessian, held, evaluations)


def _held(point: np.ndarray, gradient: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return ((point <= low) & (gradient <= 0)) | ((point >= high) & (gradient >= 0))


def _slope(point: np.ndarray, gradient: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    return float(np.abs(np.where(_held(point, gradient, low, high), 0, gradient)).max())


def _uphill(gradient: np.ndarray, hessian: np.ndarray) -> np.ndarray:
    curvature, axes = np.linalg.eigh(hessian)
    step = axes @ ((axes.T @ gradient) / np.maximum(np.abs(curvature), _FLATTEST))
    longest = np.abs(step).max()
    return step * min(1.0, _LONGEST_STEP / longest) if longest > 0 else step
