"""Ranges of counts that fit both shops where most buy twice and shops where most buy weekly."""

import numpy as np
import pandas as pd

from analysis.language import _

_FEW = (1, 2, 3, 4, 5, 6)
_DOUBLING = (3, 7, 15, 31, 63, 127)
_MAX_SHARE_OF_LAST = 0.25


def count_bins(counts: pd.Series, *, start: int) -> pd.Series:
    """Put counts into ranges: single numbers at first, or doubling where many would be the last.

    Args:
        counts: Whole numbers from `start` on.
        start: The smallest count, a range of its own.

    Returns:
        The range of each count as an ordered category such as `0`, `1` or `7+`.

    >>> list(count_bins(pd.Series([0, 0, 0, 1, 2, 9]), start=0))
    ['0', '0', '0', '1', '2', '7+']
    >>> list(count_bins(pd.Series([0, 2, 9, 9]), start=0))
    ['0', '1\N{EN DASH}3', '8\N{EN DASH}15', '8\N{EN DASH}15']
    """
    last_share = float((counts > start + _FEW[-1]).mean())
    return cut(counts, upper_ends(last_share, start=start), start=start)


def upper_ends(last_share: float, *, start: int) -> list[int]:
    """Return where ranges end, given the share of counts beyond the last of the narrow ones.

    >>> upper_ends(0.1, start=0), upper_ends(0.9, start=0)
    ([0, 1, 2, 3, 4, 5, 6], [0, 3, 7, 15, 31, 63, 127])
    """
    steps = _DOUBLING if last_share > _MAX_SHARE_OF_LAST else _FEW
    return [start, *(start + step for step in steps)]


def cut(values: pd.Series, ends: list[int], *, start: int) -> pd.Series:
    """Put whole numbers into ranges that end at the numbers given; the last is open."""
    return pd.cut(values, [-np.inf, *ends, np.inf], labels=range_labels(ends, start=start))


def range_labels(ends: list[int], *, start: int) -> list[str]:
    """Name ranges that end at the numbers given, the last one open.

    >>> range_labels([0, 1], start=0)
    ['0', '1', '2+']
    """
    starts = [start, *(end + 1 for end in ends)]
    labels = [
        f"{low}" if low == high else _("{low}\N{EN DASH}{high}").format(low=low, high=high)
        for low, high in zip(starts, ends, strict=False)
    ]
    return [*labels, f"{starts[-1]}+"]
