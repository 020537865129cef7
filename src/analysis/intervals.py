"""How far can a share be off? Confidence intervals of proportions."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincinv, ndtri

from analysis.errors import ParameterError


class Interval(NamedTuple):
    """The two ends of confidence intervals, numbers or arrays of one shape."""

    low: np.ndarray
    high: np.ndarray


def wilson(events: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95) -> Interval:
    r"""Return Wilson score intervals of proportions.

    $$\frac{p + z^2/2n \pm z \sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n}$$

    Unlike the textbook interval it keeps its coverage where shares are near 0 or 1, or trials few.

    Args:
        events: How often it happened, any shape.
        trials: How often it could have happened, of a shape that fits; 0 gives the interval 0 to 1.
        confidence: Share of intervals that hold the truth, between 0 and 1.

    Raises:
        ParameterError: More events than trials, a negative count, or a confidence outside 0 to 1.

    Source:
        Wilson (1927), Journal of the American Statistical Association 22, 209-212.

    >>> [round(float(end), 4) for end in wilson(369, 1000)]
    [0.3396, 0.3994]
    """
    happened, possible = np.broadcast_arrays(
        np.asarray(events, dtype=float), np.asarray(trials, dtype=float)
    )
    if np.any(happened < 0) or np.any(happened > possible):
        raise ParameterError("events must be >= 0 and <= trials.")
    square = z_score(confidence) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        share = happened / possible
        middle = (share + square / (2 * possible)) / (1 + square / possible)
        spread = np.sqrt(square * (share * (1 - share) / possible + square / (4 * possible**2)))
        half = spread / (1 + square / possible)
    low = np.where(happened == 0, 0.0, np.clip(middle - half, 0, 1))
    high = np.where(happened == possible, 1.0, np.clip(middle + half, 0, 1))
    return Interval(low[()], high[()])


def poisson(events: ArrayLike, *, confidence: float = 0.95) -> Interval:
    r"""Return exact intervals of the number of events to expect where so many were counted.

    $\tfrac12\chi^2_{\alpha/2,\,2c}$ to $\tfrac12\chi^2_{1-\alpha/2,\,2c+2}$ for a count $c$ of
    events that come independently of each other.

    Args:
        events: Counts, any shape.
        confidence: Share of intervals that hold the truth, between 0 and 1.

    Raises:
        ParameterError: A negative count, or a confidence outside 0 to 1.

    Source:
        Garwood (1936), Biometrika 28, 437-442.

    >>> [round(float(end), 2) for end in poisson(10)]
    [4.8, 18.39]
    """
    count = np.asarray(events, dtype=float)
    if np.any(count < 0):
        raise ParameterError("events must be >= 0.")
    z_score(confidence)  # refuses what is no confidence
    tail = (1 - confidence) / 2
    low = np.where(count > 0, gammaincinv(np.maximum(count, 1e-9), tail), 0.0)
    return Interval(low[()], gammaincinv(count + 1, 1 - tail)[()])


def z_score(confidence: float) -> float:
    """Return how many standard errors a two-sided normal interval reaches to each side.

    Raises:
        ParameterError: The confidence is not between 0 and 1.

    >>> round(z_score(0.95), 4)
    1.96
    """
    if not 0 < confidence < 1:
        raise ParameterError(f"confidence == {confidence}, must lie between 0 and 1.")
    return float(ndtri((1 + confidence) / 2))
