"""Calendar months as the reductions count them: year * 12 + month - 1, so that they subtract."""

import pandas as pd


def month_text(month_no: int) -> str:
    """Return a month as year and month.

    >>> month_text(24287)
    '2023-12'
    """
    year, month = divmod(int(month_no), 12)
    return f"{year}-{month + 1:02d}"


def first_day_after(month_no: int) -> pd.Timestamp:
    """Return the first day of the next month: from then on the month is over.

    >>> first_day_after(24287)
    Timestamp('2024-01-01 00:00:00')
    """
    year, month = divmod(int(month_no) + 1, 12)
    return pd.Timestamp(year, month + 1, 1)
