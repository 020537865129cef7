"""How hours, weekdays and products are called on a page."""

import pandas as pd

from analysis.language import _
from analysis.products.hours import Busiest
from analysis.products.pairs import Pairs

_LONGEST = 34


def weekday_names(*, short: bool = False) -> list[str]:
    """Return the names of Monday to Sunday.

    >>> weekday_names(short=True)[0]
    'Mon'
    """
    if short:
        return [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
    return [
        _("Monday"),
        _("Tuesday"),
        _("Wednesday"),
        _("Thursday"),
        _("Friday"),
        _("Saturday"),
        _("Sunday"),
    ]


def busy_text(busy: Busiest) -> str:
    """Name three hours of a weekday, three hours of any day, or a weekday.

    >>> busy_text(Busiest(7, 20, 0.03, 0.02, 0.04, 1.7))
    'Sunday from 20:00 to 23:00'
    """
    weekday = "" if busy.weekday is None else weekday_names()[busy.weekday - 1]
    if busy.hour is None:
        return weekday
    words = {"weekday": weekday, "start": busy.hour, "end": busy.hour + 3}
    if not weekday:
        return _("Every day from {start}:00 to {end}:00").format(**words)
    return _("{weekday} from {start}:00 to {end}:00").format(**words)


def next_labels(pairs: Pairs, names: pd.Series, *, between: str = " ") -> list[str]:
    """Name each pair as what was bought and what was bought next.

    Args:
        pairs: What `find_pairs` returned.
        names: Product names by number.
        between: What parts the two; with a line feed long names are cut to stand beside a chart.
    """
    return _labels(pairs, names, "\N{RIGHTWARDS ARROW}", between)


def together_labels(pairs: Pairs, names: pd.Series, *, between: str = " ") -> list[str]:
    """Name each pair as two products of one order; arguments as of `next_labels`."""
    return _labels(pairs, names, "+", between)


def _labels(pairs: Pairs, names: pd.Series, sign: str, between: str) -> list[str]:
    shown = names.map(cut_name) if between == "\n" else names
    return [
        f"{shown[first]}{between}{sign} {shown[other]}"
        for first, other in zip(
            pairs.reliable["product_no"], pairs.reliable["other_product_no"], strict=True
        )
    ]


def cut_name(name: str) -> str:
    """Cut a name that would leave no room for a chart, an ID in parentheses kept.

    >>> cut_name("Tea"), cut_name("A very long name of a simple product (1029743)")
    ('Tea', 'A very long name of a s… (1029743)')
    """
    if len(name) <= _LONGEST:
        return name
    head, bracket, tail = name.rpartition(" (")
    if not bracket or len(tail) > _LONGEST // 2:
        return f"{name[: _LONGEST - 1].rstrip()}…"
    return f"{head[: _LONGEST - len(tail) - 3].rstrip()}… ({tail}"
