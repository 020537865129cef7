"""Calendar months as the reductions count them: year * 12 + month - 1, so that they subtract."""

from datetime import date

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


def last_whole_month(as_of: date) -> int:
    """Return the number of the last calendar month that is over on a day.

    >>> last_whole_month(date(2024, 1, 30)), last_whole_month(date(2024, 1, 31))
    (24287, 24288)
    """
    month_no = as_of.year * 12 + as_of.month - 1
    is_over = first_day_after(month_no) <= pd.Timestamp(as_of) + pd.Timedelta(days=1)
    return month_no if is_over else month_no - 1
