"""Which counts are of so few people that they could be recognized, and how they are written."""

from collections.abc import Sequence

import numpy as np

from analysis.language import _, p_
from analysis.style import format_count

# From so many people on a cell is shown.
MIN_SHOWN = 10


def is_few(count: float) -> bool:
    """Return whether a count is of somebody, but of too few to be shown.

    >>> [is_few(count) for count in (0, 1, 9, 10)]
    [False, True, True, False]
    """
    return 0 < count < MIN_SHOWN


def hidden(counts: Sequence[int]) -> np.ndarray:
    """Return which parts of a known total hide themselves, and which hide others.

    Where too few are hidden, the total less the parts shown would tell of them: then the smallest
    of the others are hidden too, until the hidden ones are at least ten people together.

    >>> hidden([400, 7, 35, 0]).tolist(), hidden([400, 7, 5, 0]).tolist()
    ([False, True, True, False], [False, True, True, False])
    """
    counts = np.asarray(counts)
    chosen = (counts > 0) & (counts < MIN_SHOWN)
    for place in np.argsort(counts, kind="stable"):
        if is_few(counts[chosen].sum()) and counts[place] >= MIN_SHOWN:
            chosen[place] = True
    return chosen


def format_people(count: float) -> str:
    """Write how many people, short for a cell.

    >>> format_people(0), format_people(7), format_people(1200)
    ('0', '<10', '1,200')
    """
    return _("<{limit}").format(limit=MIN_SHOWN) if is_few(count) else format_count(count)


def people_in_words(count: float) -> str:
    """Write how many people, for a sentence; with the word for people where a language needs one.

    >>> people_in_words(7), people_in_words(1200)
    ('fewer than 10', '1,200')
    """
    if is_few(count):
        return p_("people", "fewer than {limit}").format(limit=MIN_SHOWN)
    return p_("people", "{count}").format(count=format_count(count))


def write_people(count: int) -> str:
    """Write how many people or subscriptions, for a sentence that names what is counted.

    >>> write_people(0), write_people(7), write_people(1200)
    ('0', 'under 10', '1,200')
    """
    return _("under {few}").format(few=MIN_SHOWN) if is_few(count) else format_count(count)
