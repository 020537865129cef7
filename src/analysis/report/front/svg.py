"""Small charts drawn by hand: inline SVG with alt text, in the colors of the page, no script."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 240, 56
_ROOM = 5


class Dot(NamedTuple):
    """A value at a place from left to right, with its interval if it has one."""

    place: float
    value: float
    low: float | None = None
    high: float | None = None


class Part(NamedTuple):
    """A piece of a bar.

    Attributes:
        value: How large it is, 0 or more.
        shade: 1 to 5, the color of the same thing in every bar.
    """

    value: float
    shade: int


def sparkline(lines: Sequence[Sequence[Dot]], *, alt: str, ends: tuple[str, str] = ("", "")) -> str:
    """Draw lines over time, the last one strong and the earlier ones pale, with interval bands.

    Nothing connects two lines: they are numbers computed differently.

    Args:
        lines: Each from left to right; places and values of all share their scales.
        alt: What a reader would see.
        ends: What stands under the first and the last place.
    """
    dots = [dot for line in lines for dot in line]
    if not dots:
        return ""
    heights = [at for dot in dots for at in (dot.value, dot.low, dot.high) if at is not None]
    places = [dot.place for dot in dots]
    across = _scale(min(places), max(places), _ROOM, WIDTH - _ROOM)
    down = _scale(min(heights), max(heights), HEIGHT - _ROOM, _ROOM)
    drawn = []
    for line in lines:
        kind = "now" if line is lines[-1] else "past"
        drawn.append(_band(line, across, down, kind))
        drawn.append(_path(line, across, down, kind))
        drawn += [
            f'<circle class="dot {kind}" cx="{across(dot.place):.1f}" cy="{down(dot.value):.1f}" '
            f'r="{3.2 if dot is dots[-1] else 1.6}"/>'
            for dot in line
        ]
    low = HEIGHT + 9
    drawn.append(f'<text x="0" y="{low}">{escape(ends[0])}</text>')
    drawn.append(f'<text x="{WIDTH}" y="{low}" text-anchor="end">{escape(ends[1])}</text>')
    return _svg("".join(drawn), WIDTH, low + 3, alt, "spark")


def _path(line: Sequence[Dot], across: "_Scale", down: "_Scale", kind: str) -> str:
    if len(line) < 2:
        return ""
    way = "L".join(f"{across(dot.place):.1f} {down(dot.value):.1f}" for dot in line)
    return f'<path class="line {kind}" d="M{way}"/>'


def _band(line: Sequence[Dot], across: "_Scale", down: "_Scale", kind: str) -> str:
    known = [dot for dot in line if dot.low is not None and dot.high is not None]
    if len(known) == 1:
        dot = known[0]
        x = across(dot.place)
        return (
            f'<path class="whisker {kind}" d="M{x:.1f} {down(dot.low):.1f}V{down(dot.high):.1f}"/>'
        )
    if not known:
        return ""
    there = [f"{across(dot.place):.1f} {down(dot.high):.1f}" for dot in known]
    back = [f"{across(dot.place):.1f} {down(dot.low):.1f}" for dot in reversed(known)]
    return f'<path class="band {kind}" d="M{"L".join([*there, *back])}Z"/>'


def stacked_bars(rows: Sequence[Sequence[Part]], *, alt: str) -> str:
    """Draw one bar a row, made of parts, all to the same scale.

    Args:
        rows: The parts of each bar, from left to right.
        alt: What a reader would see.
    """
    thick, gap = 22, 8
    longest = max((sum(part.value for part in row) for row in rows), default=0)
    if longest <= 0:
        return ""
    drawn = []
    for number, row in enumerate(rows):
        at = 0.0
        for part in row:
            wide = WIDTH * part.value / longest
            drawn.append(
                f'<rect class="shade{part.shade}{" before" if number else ""}" x="{at:.1f}" '
                f'y="{number * (thick + gap)}" width="{max(wide - 0.8, 0):.1f}" height="{thick}"/>'
            )
            at += wide
    return _svg("".join(drawn), WIDTH, len(rows) * (thick + gap) - gap, alt, "stack")


def columns(values: Sequence[Dot], *, marked: Sequence[float], alt: str) -> str:
    """Draw one column a value with its interval, those at the marked places in another color.

    Args:
        values: From left to right, values 0 or more; places are whole numbers and stand below.
        marked: Places that stand out.
        alt: What a reader would see.
    """
    if not values:
        return ""
    top = max(dot.high if dot.high is not None else dot.value for dot in values)
    down = _scale(0, top, HEIGHT - 14, 2)
    step = WIDTH / len(values)
    drawn = []
    for number, dot in enumerate(values):
        x, y = number * step, down(dot.value)
        kind = "column marked" if dot.place in marked else "column"
        drawn.append(
            f'<rect class="{kind}" x="{x + step * 0.15:.1f}" y="{y:.1f}" width="{step * 0.7:.1f}" '
            f'height="{max(down(0) - y, 0):.1f}"/>'
        )
        if dot.low is not None and dot.high is not None:
            middle = x + step / 2
            drawn.append(
                f'<path class="whisker now" d="M{middle:.1f} {down(dot.low):.1f}'
                f'V{down(dot.high):.1f}"/>'
            )
        drawn.append(
            f'<text x="{x + step / 2:.1f}" y="{HEIGHT - 2}" text-anchor="middle">'
            f"{dot.place:.0f}</text>"
        )
    return _svg("".join(drawn), WIDTH, HEIGHT, alt, "columns")


def against(value: Dot, mark: float, *, alt: str) -> str:
    """Draw a bar with its interval, and a line at what it is measured against.

    Args:
        value: Its place is not used.
        mark: What it is measured against, on the same scale.
        alt: What a reader would see.
    """
    tall, longest = 30, max(value.high or value.value, mark, 0)
    if longest <= 0:
        return ""
    across = _scale(0, longest, 0, WIDTH - 2)
    drawn = (
        f'<rect class="column" x="0" y="6" width="{max(across(value.value), 0):.1f}" height="18"/>'
    )
    if value.low is not None and value.high is not None:
        drawn += (
            f'<path class="whisker now" d="M{across(max(value.low, 0)):.1f} 15'
            f'H{across(value.high):.1f}"/>'
        )
    drawn += f'<path class="mark" d="M{across(mark):.1f} 1V29"/>'
    return _svg(drawn, WIDTH, tall, alt, "against")


class _Scale:
    """A straight way from numbers to pixels; where all are equal, the middle."""

    def __init__(self, first: float, last: float, start: float, end: float) -> None:
        self._first, self._start = first, start
        self._step = (end - start) / (last - first) if last > first else 0.0
        if last <= first:
            self._start = (start + end) / 2

    def __call__(self, number: float) -> float:
        return self._start + (number - self._first) * self._step


def _scale(first: float, last: float, start: float, end: float) -> _Scale:
    return _Scale(float(first), float(last), start, end)


def _svg(inside: str, width: int, height: int, alt: str, kind: str) -> str:
    return (
        f'<svg class="{kind}" role="img" aria-label="{escape(alt)}" '
        f'viewBox="0 0 {width} {height}">{inside}</svg>'
    )
