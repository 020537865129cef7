"""What several tables of products write alike."""

import pandas as pd

from analysis.style import (
    NOTHING,
    format_interval,
)

MOST_ROWS = 15


def intervals(frame: pd.DataFrame, low: str, high: str, write: object) -> list[str]:
    """Write two columns of ends as intervals, unknown ones as a dash."""
    return [
        NOTHING if pd.isna(start) else format_interval(start, end, write)
        for start, end in zip(frame[low], frame[high], strict=True)
    ]
