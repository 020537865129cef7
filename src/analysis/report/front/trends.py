"""How the numbers of a report moved: a line over the days for each, and a sentence on the last."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from analysis.findings import Metric
from analysis.language import _, join_sentences
from analysis.report.front import svg
from analysis.report.front.history import Record, read_report
from analysis.report.front.lines import Change, Point, last_change, lines, points
from analysis.style import format_date

MOST_TRENDS = 3


class Trend(NamedTuple):
    """One number over time, as a page shows it.

    Attributes:
        label: What it is.
        text: Its value now, without the interval.
        interval: Its interval, or empty.
        since: What it was before, and whether the change says anything, or what else to know.
        direction: As of `Change`.
        chart: SVG; empty where there is one day only.
    """

    label: str
    text: str
    interval: str = ""
    since: str = ""
    direction: str = "unknown"
    chart: str = ""


def trends(folder: Path, *, until: str, metrics: Iterable[Metric]) -> list[Trend]:
    """Return how the first numbers of a run that have an interval moved up to its day.

    Args:
        folder: Of the report, with its earlier runs.
        until: The day of the run, which is not published yet.
        metrics: What it recorded.
    """
    records = [record for record in read_report(folder, until=until) if f"{record.day}" < until]
    if not records:
        return []
    shown = [metric for metric in metrics if metric.text and metric.low is not None]
    # What tells its interval is what the report is about; counts come after.
    shown.sort(key=lambda metric: " [" not in metric.text)
    now = records[-1]._replace(
        day=type(records[-1].day).fromisoformat(until),
        metrics={metric.name: metric for metric in shown},
    )
    found = [trend([*records, now], metric.name) for metric in shown[:MOST_TRENDS]]
    return [one for one in found if one and one.chart]


def trend(records: Sequence[Record], name: str, *, label: str = "") -> Trend | None:
    """Return a number over the days of its report, None where the last day has none.

    Args:
        records: Of one report.
        name: Of the metric.
        label: What to call it; its own label where not given.
    """
    found = points(records, name)
    if not found or found[-1].day != records[-1].day:
        return None
    metric = found[-1].metric
    number, _bracket, interval = metric.text.partition(" [")
    change = last_change(found)
    label = label or metric.label
    return Trend(
        label=label,
        text=number,
        interval=interval.removesuffix("]"),
        since=since_sentence(found, change),
        direction=change.direction if change else "unknown",
        chart=chart(found, label) if len(found) > 1 else "",
    )


def since_sentence(found: Sequence[Point], change: Change | None) -> str:
    """Say what a number was before, and whether the change is more than its uncertainty.

    Where it was computed otherwise before, that is said instead of a comparison.
    """
    if change is None:
        if len(found) < 2:
            return ""
        return _("Computed differently from {day} on: a new line begins here.").format(
            day=format_date(found[-1].day)
        )
    said = {
        "rose": _("{before} on {day}: it rose, by more than its uncertainty"),
        "fell": _("{before} on {day}: it fell, by more than its uncertainty"),
        "within": _("{before} on {day}: change within uncertainty"),
        "unknown": _("{before} on {day}"),
    }[change.direction]
    return said.format(before=number_of(change.before.metric), day=format_date(change.before.day))


def number_of(metric: Metric) -> str:
    """Return the value of a metric as a reader sees it, without its interval."""
    return metric.text.partition(" [")[0]


def chart(found: Sequence[Point], label: str) -> str:
    """Draw a number over days with its intervals, a new line where it was computed otherwise."""
    first, last = found[0], found[-1]
    parted = lines(found)
    alt = _("{label} from {first} on {start} to {last} on {end}, {n} days").format(
        label=label,
        first=number_of(first.metric),
        start=format_date(first.day),
        last=number_of(last.metric),
        end=format_date(last.day),
        n=len(found),
    )
    if len(parted) > 1:
        broken = _("There are {n} lines, as it was computed differently before.")
        alt = join_sentences(_("{sentence}.").format(sentence=alt), broken.format(n=len(parted)))
    ends = (format_date(first.day), format_date(last.day))
    return svg.sparkline([[_dot(point) for point in line] for line in parted], alt=alt, ends=ends)


def _dot(point: Point) -> svg.Dot:
    metric = point.metric
    return svg.Dot(point.day.toordinal(), float(metric.value), metric.low, metric.high)
