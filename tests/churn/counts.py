"""Counts for tests: the two published cohorts, and cells from counts by order number."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

# Survivors of 1,000, Fader and Hardie (2007): year 0 to 12.
REGULAR = np.array([1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173])
HIGH_END = np.array([1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394])


def steps(
    lost: Sequence[int], continued: Sequence[int], *, waiting: Sequence[int] = ()
) -> pd.DataFrame:
    """Cells of one cut, from counts by order number."""
    rows = [
        (order + 1, outcome, count, 0)
        for outcome, counts in (
            ("cancelled", lost),
            ("continued", continued),
            ("not_yet_due", waiting),
        )
        for order, count in enumerate(counts)
        if count
    ]
    columns = ["order_no", "outcome", "subscriptions", "is_commitment_end"]
    return pd.DataFrame(rows, columns=columns)
