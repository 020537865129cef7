"""When do people buy? The shop's clock runs faster in busy hours of the week.

Purchases are drawn in even time. Stretching each week by its hours keeps their order and their
number, so what is planted in even time stays: only hours and weekdays change.
"""

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

DAY_SECONDS = 86_400
_HOURS = 24
_WEEK_DAYS = 7
# Monday to Sunday, and midnight to eleven at night: Sunday evenings are busiest.
_WEEKDAYS = np.array([0.9, 0.9, 0.95, 0.95, 1.0, 1.1, 1.3])
_HOUR_OF_DAY = np.array(
    [5, 3, 2, 1, 1, 2, 3, 5, 6, 6, 6, 6, 9, 7, 6, 6, 6, 7, 8, 10, 13, 16, 15, 10], dtype=float
)


class Clock(NamedTuple):
    """A stretch of calendar time, counted in days from the Monday on or before its first day.

    Attributes:
        monday: Day 0.
        first: Number of the shop's first day.
        end: Number of the day after the shop's last day.
        busy: Whether hours and weekdays differ.
    """

    monday: date
    first: int
    end: int
    busy: bool

    def calendar(self, even: np.ndarray) -> np.ndarray:
        """Return whole seconds since day 0 for moments in even time, in days since day 0."""
        week, share = np.divmod(even, _WEEK_DAYS)
        if self.busy:
            share = np.interp(share / _WEEK_DAYS, _week_marks(), np.arange(169) / 168) * _WEEK_DAYS
        return np.floor((week * _WEEK_DAYS + share) * DAY_SECONDS).astype(np.int64)

    def stamps(self, seconds: np.ndarray) -> np.ndarray:
        """Return time stamps for seconds since day 0; negative ones give no time."""
        stamps = np.datetime64(self.monday, "s") + seconds.astype("timedelta64[s]")
        return np.where(seconds >= 0, stamps, np.datetime64("NaT", "s"))

    @property
    def even_end(self) -> float:
        """The end of the shop's last day in even time, days since day 0."""
        week, day = divmod(self.end, _WEEK_DAYS)
        marks = _week_marks() if self.busy else np.arange(169) / 168
        return week * _WEEK_DAYS + float(marks[day * _HOURS]) * _WEEK_DAYS

    @property
    def end_second(self) -> int:
        """The first second after the shop's last day."""
        return self.end * DAY_SECONDS


def make_clock(end: date, *, days: int, busy: bool) -> Clock:
    """Return the clock of a shop.

    Args:
        end: Last day.
        days: How many days the shop has been open, the last one included.
        busy: Whether hours and weekdays differ.
    """
    first = end - timedelta(days=days - 1)
    monday = first - timedelta(days=first.weekday())
    offset = (first - monday).days
    return Clock(monday, offset, offset + days, busy)


def _week_marks() -> np.ndarray:
    busy = np.outer(_WEEKDAYS, _HOUR_OF_DAY / _HOUR_OF_DAY.sum()).ravel()
    return np.concatenate(([0.0], np.cumsum(busy))) / busy.sum()
