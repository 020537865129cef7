"""When do people buy? Orders by hour and weekday in shop time, and whether they differ at all."""

from datetime import date
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import chdtrc, chdtri, chndtrinc

from analysis.intervals import wilson
from analysis.multiplicity import holm

HOURS_A_DAY = 24
HOURS_A_WEEK = 168
# An order of tests that both hold with 5%, the first of them by Holm at half of it; 80% power.
_FIRST_LEVEL = 0.025
_POWER = 0.8
# Orders that all carry midnight carry no time at all.
_MOST_AT_MIDNIGHT = 0.9


class Busiest(NamedTuple):
    """What brings most orders: three hours of one weekday, three hours of any day, or a weekday.

    Attributes:
        weekday: 1 Monday to 7 Sunday, or None for any.
        hour: The first of three hours in a row, 0 to 21, or None for the whole day.
        share: Of all orders.
        low: Lower end of its 95% interval.
        high: Upper end of its 95% interval.
        times_even: Share over what it would be if all hours, or all days, were alike.
    """

    weekday: int | None
    hour: int | None
    share: float
    low: float
    high: float
    times_even: float


class BusyHours(NamedTuple):
    """The hours and weekdays that bring most orders, and whether hours and weekdays differ at all.

    Attributes:
        week: The busiest three hours of the week.
        day: The busiest three hours of the day, all weekdays together.
        weekday: The busiest weekday, as many days of each counted.
        orders: All orders.
        hours_p: Of the test that the 24 hours of the day are alike, corrected for two tests.
        weekdays_p: Of the test that the 7 weekdays are alike, corrected for two tests.
        told_change: By how much one hour of the day has to differ from the others to be told with
            80% power.
    """

    week: Busiest
    day: Busiest
    weekday: Busiest
    orders: int
    hours_p: float
    weekdays_p: float
    told_change: float


def has_hours(frame: pd.DataFrame) -> bool:
    """Return whether orders carry a time of day.

    Args:
        frame: Columns weekday, hour, orders (`sql/orders_by_hour.sql`).
    """
    total = frame["orders"].sum()
    return bool(total and frame.loc[frame["hour"] == 0, "orders"].sum() < _MOST_AT_MIDNIGHT * total)


def week(frame: pd.DataFrame, *, of: Literal["orders", "customers"]) -> pd.DataFrame:
    """Arrange counts by weekday (rows, 1 to 7) and hour (columns, 0 to 23), nothing left out."""
    table = frame.pivot_table(index="weekday", columns="hour", values=of, aggfunc="sum")
    return table.reindex(index=range(1, 8), columns=range(24)).fillna(0).astype(int)


def busy_hours(frame: pd.DataFrame, *, first_day: date, last_day: date) -> BusyHours | None:
    r"""Find when most orders come, and test whether hours and whether weekdays differ.

    The tests are Pearson's $\chi^2$ of the 24 hours of the day and of the 7 weekdays, corrected
    after Holm. They count a customer once an hour of the week, so that one eager customer does not
    make an hour look busy, and expect of a weekday what its number of days in the data gives it.

    Args:
        frame: Columns weekday, hour, orders, customers (`sql/orders_by_hour.sql`).
        first_day: First day of the data.
        last_day: Last day of the data.

    Returns:
        The busy hours, or None where orders carry no time of day.
    """
    if not has_hours(frame):
        return None
    orders, customers = (week(frame, of=of).to_numpy() for of in ("orders", "customers"))
    days = days_by_weekday(first_day, last_day)
    hours_p, weekdays_p = holm(
        np.array(
            [
                _even_p(customers.sum(axis=0), np.ones(HOURS_A_DAY)),
                _even_p(customers.sum(axis=1), days),
            ]
        )
    )
    total = int(orders.sum())
    by_week, by_day, by_weekday = _in_threes(orders), _in_threes(orders.sum(axis=0)), orders.sum(1)
    at_weekday, at_hour = np.unravel_index(int(by_week.argmax()), by_week.shape)
    daily = np.divide(by_weekday, days, out=np.zeros(7), where=days > 0)
    best = int(daily.argmax())
    return BusyHours(
        week=_busiest(by_week.max(), total, 3 / HOURS_A_WEEK, at_weekday + 1, at_hour),
        day=_busiest(by_day.max(), total, 3 / HOURS_A_DAY, None, by_day.argmax()),
        weekday=_busiest(by_weekday[best], total, days[best] / days.sum(), best + 1, None),
        orders=total,
        hours_p=float(hours_p),
        weekdays_p=float(weekdays_p),
        told_change=_told_change(int(customers.sum())),
    )


def days_by_weekday(first_day: date, last_day: date) -> np.ndarray:
    """Count how many Mondays to Sundays there are from one day to another, both included.

    >>> days_by_weekday(date(2024, 1, 1), date(2024, 1, 9)).tolist()
    [2, 2, 1, 1, 1, 1, 1]
    """
    weeks, rest = divmod((last_day - first_day).days + 1, 7)
    counts = np.full(7, weeks)
    counts[(first_day.weekday() + np.arange(rest)) % 7] += 1
    return counts


def _even_p(counts: np.ndarray, weights: np.ndarray) -> float:
    # A weekday that the data do not hold can have no orders.
    counts, weights = counts[weights > 0], weights[weights > 0]
    if len(counts) < 2:
        return 1.0
    expected = counts.sum() * weights / weights.sum()
    return float(chdtrc(len(counts) - 1, ((counts - expected) ** 2 / expected).sum()))


def _told_change(n: int) -> float:
    r"""Return d such that an hour with (1 + d) times the orders of each other is told.

    With one of k hours (1 + d) times as likely, noncentrality is $n d^2 (k - 1) / (k + d)^2$.
    """
    k = HOURS_A_DAY
    needed = chndtrinc(chdtri(k - 1, _FIRST_LEVEL), k - 1, 1 - _POWER)
    root = np.sqrt(needed / (n * (k - 1)))
    return float(k * root / (1 - root)) if root < 1 else np.inf


def _in_threes(counts: np.ndarray) -> np.ndarray:
    return counts[..., :-2] + counts[..., 1:-1] + counts[..., 2:]


def _busiest(
    most: int, total: int, even_share: float, weekday: int | None, hour: int | None
) -> Busiest:
    low, high = wilson(most, total)
    return Busiest(
        weekday=None if weekday is None else int(weekday),
        hour=None if hour is None else int(hour),
        share=float(most / total),
        low=float(low),
        high=float(high),
        times_even=float(most / total / even_share),
    )
