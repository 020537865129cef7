"""Where do fifths of the customers end? One rule for every score from 1 to 5."""

import numpy as np

_SHARES = (0.2, 0.4, 0.6, 0.8)


def fifth_steps(values: np.ndarray) -> tuple[int, ...]:
    """Return the least value of each score from 2 to 5.

    A score is one more than the number of fifths that a value lies above: it must exceed the value
    that a fifth, two fifths, ... of the customers do not exceed. So customers with equal values
    get equal scores, and a value shared by half of them, such as one purchase, gives all of them
    the low score.

    Args:
        values: Whole numbers, one for each customer, at least one.

    >>> fifth_steps(np.array([1, 1, 1, 1, 1, 1, 2, 3, 4, 9]))
    (2, 2, 2, 4)
    >>> fifth_steps(np.array([7, 7]))
    (8, 8, 8, 8)
    """
    ordered = np.sort(values)
    limits = [ordered[max(int(np.ceil(share * len(ordered))) - 1, 0)] for share in _SHARES]
    known = np.append(ordered, ordered[-1] + 1)
    return tuple(int(known[place]) for place in np.searchsorted(ordered, limits, side="right"))
