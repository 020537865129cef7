"""How hours, weekdays and products are called on a page."""

import pandas as pd

from analysis.language import _
from analysis.products.hours import BusyHours
from analysis.products.pairs import Pairs

_LONGEST_IN_PAIR = 24


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


def busy_text(busy: BusyHours) -> str:
    """Name the three busiest hours."""
    return _("{weekday} from {start}:00 to {end}:00").format(
        weekday=weekday_names()[busy.weekday - 1], start=busy.hour, end=busy.hour + 3
    )


def next_labels(pairs: Pairs, names: pd.Series) -> list[str]:
    """Name each pair as what was bought and what was bought next."""
    return _labels(pairs, names, " \N{RIGHTWARDS ARROW} ")


def together_labels(pairs: Pairs, names: pd.Series) -> list[str]:
    """Name each pair as two products of one order."""
    return _labels(pairs, names, " + ")


def _labels(pairs: Pairs, names: pd.Series, between: str) -> list[str]:
    return [
        f"{_cut(names[first])}{between}{_cut(names[other])}"
        for first, other in zip(
            pairs.reliable["product_no"], pairs.reliable["other_product_no"], strict=True
        )
    ]


def _cut(name: str) -> str:
    """Cut a long name, its ID in parentheses kept: that is what tells equal names apart."""
    if len(name) <= _LONGEST_IN_PAIR:
        return name
    head, bracket, tail = name.rpartition(" (")
    if not bracket:
        return f"{name[: _LONGEST_IN_PAIR - 1].rstrip()}…"
    room = max(_LONGEST_IN_PAIR - len(tail) - 3, 8)
    return f"{head[:room].rstrip()}… ({tail}"
