"""Did a number change by more than its own uncertainty? Lines of one metric over days."""

import datetime
import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from analysis.findings import Metric
from analysis.report.front.history import Record

# A change within days drowns in noise; a month is what shops think in.
_MONTH_DAYS = 28
# `analysis.intervals.z_score(0.95)`, without the numpy and scipy that the front page does without.
_Z_95 = 1.959963984540054
_LEVEL = 0.05

Direction = Literal["rose", "fell", "within", "unknown"]


class Point(NamedTuple):
    """A metric on a day."""

    day: datetime.date
    metric: Metric


class Change(NamedTuple):
    """A metric against itself on an earlier day.

    Attributes:
        now: The later point.
        before: The earlier one.
        direction: `within` where the interval of the difference holds zero, `unknown` where a point
            has no interval.
        low: Lower end of the 95% interval of the difference, None where it is unknown.
        high: Upper end.
        p: Two-sided p-value of no change, 1 where it is unknown.
    """

    now: Point
    before: Point
    direction: Direction
    low: float | None = None
    high: float | None = None
    p: float = 1.0


def points(records: Sequence[Record], name: str) -> list[Point]:
    """Return a metric on every day that recorded a value of it, the oldest first."""
    return [
        Point(record.day, record.metrics[name])
        for record in records
        if name in record.metrics and record.metrics[name].value is not None
    ]


def lines(found: Sequence[Point]) -> list[list[Point]]:
    """Part points into lines of one definition each, the one of the last point last."""
    by_definition: dict[str, list[Point]] = {}
    for point in found:
        by_definition.setdefault(point.metric.fingerprint, []).append(point)
    return sorted(by_definition.values(), key=lambda line: line[-1].day)


def same_line(found: Sequence[Point]) -> list[Point]:
    """Return the points that were computed as the last one was."""
    return lines(found)[-1] if found else []


def compare(now: Point, before: Point) -> Change:
    r"""Compare a metric with itself on an earlier day, if both are known with an interval.

    $$(x - y) - \sqrt{(x - l_x)^2 + (u_y - y)^2} \quad\text{to}\quad
    (x - y) + \sqrt{(u_x - x)^2 + (y - l_y)^2}$$

    Both are taken as independent. Where they rest on the same customers in part, the difference is
    known better than that, so that a change is told too late rather than too early.

    Source:
        Zou and Donner (2008), Statistics in Medicine 27, 1693-1702.
    """
    ends = (now.metric.low, now.metric.high, before.metric.low, before.metric.high)
    if any(end is None for end in ends):
        return Change(now, before, "unknown")
    x, y = float(now.metric.value), float(before.metric.value)
    x_low, x_high, y_low, y_high = (float(end) for end in ends)
    low = x - y - math.hypot(x - x_low, y_high - y)
    high = x - y + math.hypot(x_high - x, y - y_low)
    towards_zero = x - y - low if x > y else high - (x - y)
    p = math.erfc(_Z_95 * abs(x - y) / towards_zero / math.sqrt(2)) if towards_zero > 0 else 1.0
    direction: Direction = "rose" if low > 0 else "fell" if high < 0 else "within"
    return Change(now, before, direction, low, high, p)


def last_change(found: Sequence[Point]) -> Change | None:
    """Compare the last point with that of a month before on the same line.

    That is the newest one at least 28 days older, or the one before the last where none is.
    """
    line = same_line(found)
    if len(line) < 2:
        return None
    return compare(line[-1], line[_month_before(line)])


def _month_before(line: Sequence[Point]) -> int:
    last = line[-1].day
    older = [place for place, point in enumerate(line) if (last - point.day).days >= _MONTH_DAYS]
    return older[-1] if older else len(line) - 2


class Moves(NamedTuple):
    """What moved since an earlier run.

    Attributes:
        since: The day of the earlier run.
        compared: How many numbers were compared.
        changes: Those that moved beyond their uncertainty, the clearest first.
    """

    since: datetime.date
    compared: int
    changes: tuple[Change, ...]


def moves(
    histories: Mapping[str, Sequence[Record]], *, back: Literal["run", "month"]
) -> Moves | None:
    """Return what moved by more than its own uncertainty over all reports of a shop.

    The more numbers are compared, the more of them seem to move by chance, so those named stand
    Holm's correction over all compared: one false alarm in twenty runs where nothing moved.

    Args:
        histories: Report to its records.
        back: Compare with the run before, or with that of a month before where the run before is
            younger.

    Source:
        Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
    """
    compared = [
        change
        for records in histories.values()
        for name in records[-1].metrics
        for change in _compared(points(records, name), back)
    ]
    if not compared:
        return None
    compared.sort(key=lambda change: change.p)
    told = []
    for place, change in enumerate(compared):
        if change.p > _LEVEL / (len(compared) - place):
            break
        told.append(change)
    return Moves(max(change.before.day for change in compared), len(compared), tuple(told))


def _compared(found: Sequence[Point], back: Literal["run", "month"]) -> list[Change]:
    # Of the period before the last one, the same number was told by an earlier run already.
    if not found or found[-1].metric.name.endswith(("_before", "_before_minor")):
        return []
    line = same_line(found)
    if len(line) < 2 or line[-1].day != found[-1].day:
        return []
    place = len(line) - 2 if back == "run" else _month_before(line)
    if back == "month" and place == len(line) - 2:
        return []  # the run before is as old: told already
    change = compare(line[-1], line[place])
    return [] if change.direction == "unknown" else [change]
