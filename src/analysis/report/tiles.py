"""Headline numbers, large, with their uncertainty in small type under them."""

from collections.abc import Iterable

from analysis.findings import Metric
from analysis.language import _
from analysis.report import text
from analysis.style import format_count

_LONGEST = 9


def to_html(metrics: Iterable[Metric]) -> str:
    """Return metrics as a list of tiles, or nothing without any.

    A text such as `$48.20 [$45.10 to $51.30]` is a number and, in brackets, its 95% interval.

    >>> "95% interval 45 to 51" in to_html([Metric("a", "Orders", "48 [45 to 51]", 48)])
    True
    """
    tiles = "".join(_tile(metric) for metric in metrics)
    return f'<ul class="headline">{tiles}</ul>' if tiles else ""


def _tile(metric: Metric) -> str:
    number, _bracket, interval = metric.text.partition(" [")
    notes = []
    if interval:
        notes.append(_("95% interval {interval}").format(interval=interval.removesuffix("]")))
    if metric.n is not None:
        notes.append(_("based on {n}").format(n=format_count(metric.n)))
    lines = "".join(f"<span>{text.to_html(note)}</span> " for note in notes)
    # A long number would run into the next tile.
    size = " long" if len(number) > _LONGEST else ""
    small = f' <span class="note">{lines.rstrip()}</span>' if notes else ""
    # Without our looks, as in JupyterLab, it still reads as a line: label, number, interval.
    return (
        f'<li><span class="label">{text.to_html(metric.label)}</span> '
        f'<strong class="number{size}">{text.to_html(number)}</strong>{small}</li>'
    )
