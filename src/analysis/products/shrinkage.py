"""How good is a small group? Means drawn towards the whole, the further the less they rest on."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.intervals import z_score

_MIN_OWN_VARIANCE = 30
# Below it, a group's estimate rests more on the whole than on the group, and is marked.
MARKED_BELOW = 0.5


class Whole(NamedTuple):
    """What groups are drawn towards.

    Attributes:
        mean: Mean of the groups' means, precise ones counting more.
        variance: Variance between the true means of groups; 0 where groups differ by chance only.
    """

    mean: float
    variance: float


def shrink(groups: pd.DataFrame) -> pd.DataFrame:
    r"""Draw the means of groups towards the whole by empirical Bayes.

    With a group's own mean $m_g$ of variance $s_g^2$ and true means
    $\theta_g \sim N(\mu, \tau^2)$:

    $$E[\theta_g] = (1 - B_g) m_g + B_g \mu, \quad
      B_g = \frac{G - 3}{G - 1} \frac{s_g^2}{\tau^2 + s_g^2}$$

    $\mu$ and $\tau^2$ are estimated by Paule and Mandel's rule, so $G - 3$ of the $G$ groups tell
    how far to draw, and three groups or fewer are not drawn at all. The variance is Morris's, which
    knows that $\mu$ and $B_g$ are estimated:

    $$s_g^2 \left(1 - \frac{G - 1}{G} B_g\right) + \frac{2}{G - 3} B_g^2 (m_g - \mu)^2$$

    A group of fewer than 30 takes the variance of all.

    Args:
        groups: Columns n, mean and sd (sample standard deviation; missing for one customer).

    Returns:
        The groups with own_weight $1 - B_g$, shrunk, low, high and is_marked (own weight below
        50%).

    Source:
        Morris (1983), Journal of the American Statistical Association 78, 47-55; Paule and Mandel
        (1982), Journal of Research of the National Bureau of Standards 87, 377-385.
    """
    n = groups["n"].to_numpy(float)
    mean = groups["mean"].to_numpy(float)
    own = np.nan_to_num(groups["sd"].to_numpy(float) ** 2)
    pooled = float(((n - 1) * own).sum() / max((n - 1).sum(), 1))
    variance = np.maximum(np.where(n >= _MIN_OWN_VARIANCE, own, pooled) / n, 1e-12)
    whole = paule_mandel(mean, variance)
    count = len(groups)
    drawn = max(count - 3, 0) / max(count - 1, 1) * variance / (whole.variance + variance)
    shrunk = mean + drawn * (whole.mean - mean)
    error = np.sqrt(
        variance * (1 - (count - 1) / max(count, 1) * drawn)
        + 2 / max(count - 3, 1) * (drawn * (mean - whole.mean)) ** 2
    )
    reach = z_score(0.95)
    return groups.assign(
        own_weight=1 - drawn,
        shrunk=shrunk,
        low=shrunk - reach * error,
        high=shrunk + reach * error,
        is_marked=1 - drawn < MARKED_BELOW,
    )


def paule_mandel(mean: np.ndarray, variance: np.ndarray) -> Whole:
    r"""Estimate the mean and the variance of the true means of groups.

    Solves $\sum_g (m_g - \mu)^2 / (\tau^2 + s_g^2) = G - 1$ for $\tau^2 \ge 0$.

    Args:
        mean: Own means of groups.
        variance: Variances of those means, above zero.
    """
    between = 0.0
    for _step in range(200):
        weights = 1 / (between + variance)
        middle = float((weights * mean).sum() / weights.sum()) if len(mean) else 0.0
        squares = (mean - middle) ** 2
        excess = float((weights * squares).sum()) - (len(mean) - 1)
        slope = float((weights**2 * squares).sum())
        if abs(excess) <= 1e-9 * max(len(mean), 1) or slope <= 0:
            break
        if between == 0.0 and excess <= 0:
            break
        between = max(between + excess / slope, 0.0)
    return Whole(middle, between)
