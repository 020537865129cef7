"""The days that a shop's reports are due for."""

import calendar
from collections.abc import Iterator
from datetime import date, timedelta

from analysis.shop import Every


def period_end(every: Every, day: date) -> date:
    """Return the last day up to `day` that ends a period.

    A week ends on Sunday. A period that is not over yet is not reported on.

    >>> period_end("week", date(2026, 11, 21)), period_end("month", date(2026, 11, 30))
    (datetime.date(2026, 11, 15), datetime.date(2026, 11, 30))
    """
    if every == "week":
        return day - timedelta(days=day.isoweekday() % 7)
    if every == "month" and day.day < calendar.monthrange(day.year, day.month)[1]:
        return day.replace(day=1) - timedelta(days=1)
    return day


def missed_days(every: Every, *, since: date, before: date) -> list[date]:
    """Return the ends of periods from `since` on that lie before the day `before`, oldest first.

    >>> missed_days("month", since=date(2026, 1, 31), before=date(2026, 3, 31))
    [datetime.date(2026, 1, 31), datetime.date(2026, 2, 28)]
    """
    return sorted(_ends(every, since, before))


def _ends(every: Every, since: date, before: date) -> Iterator[date]:
    day = before - timedelta(days=1)
    while (day := period_end(every, day)) >= since:
        yield day
        day -= timedelta(days=1)
