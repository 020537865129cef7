"""What keeps a few huge amounts, or many looks, from deciding: winsorizing, and Holm."""

import math
from collections.abc import Sequence

import numpy as np

from analysis import multiplicity
from analysis.experiments.effects import Effect


def winsorize(value: np.ndarray, *, share: float) -> tuple[np.ndarray, float]:
    """Return amounts with those above a quantile of the non-zero ones cut to it, and the cut.

    The quantile is of customers who bought at all: with 99% zeros, a quantile of everybody would
    cut away half of an effect.

    Args:
        value: One amount a customer, all arms together.
        share: The quantile, between 0 and 1; 0 leaves all amounts as they are.

    >>> winsorize(np.array([0, 0, 1, 2, 100.0]), share=0.5)[0].tolist()
    [0.0, 0.0, 1.0, 2.0, 2.0]
    """
    positive = value[value > 0]
    if share <= 0 or not len(positive):
        return value, math.inf
    cut = float(np.quantile(positive, share))
    return np.minimum(value, cut), cut


def holm(effects: Sequence[Effect]) -> list[Effect]:
    """Return the effects with p-values corrected for being looked at together."""
    adjusted = multiplicity.holm(np.array([effect.p_value for effect in effects]))
    return [
        effect._replace(p_adjusted=p) for effect, p in zip(effects, adjusted.tolist(), strict=True)
    ]
