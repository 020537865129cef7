"""What may truly be asked about a written file: texts that can be read in two ways, or in none."""

import re
from collections.abc import Iterable
from datetime import date

from tests.ingest.world.notation import (
    Cell,
    Money,
    When,
    days_exchangeable,
    years_exchangeable,
)
from tests.ingest.world.sheet import Sheet, Style

# Reason to the words that a sentence about it has to hold.
DATES = ("dates", r"day_first")
EXOTIC = ("dates' shape", r"\bdates?\b")
DECIMALS = ("decimals", r"decimal")
SHORTENED = ("shortened numbers", r"spreadsheet|shorten|scientific|\dE\+")
ESCAPED = ("quotes", r"quote|number of cells")
NAMELESS = ("rows without a number", r"no order number")
ENCODING = ("encoding", r"encod")
GARBLED = ("encoding", r"encod|no known format")

Doubts = dict[str, str]

_ONE_SIGN = re.compile(r"^\d{1,3}([.,])\d{3}$")


def date_doubts(
    sheet: Sheet, style: Style, ordered: str, *, given: bool, typed: bool
) -> tuple[Doubts, Doubts]:
    """Return what has to be asked of a table's dates, and what may be.

    Args:
        sheet: The table.
        style: How it is written.
        ordered: The column with the day of the order.
        given: Whether the mapping says which comes first.
        typed: Whether its cells are dates to a spreadsheet.
    """
    if given or typed or style.dates.day_first is None:
        return {}, {}
    columns: dict[str, list[date]] = {}
    for row in sheet.rows:
        for name, cell in row.items():
            if isinstance(cell, When):
                columns.setdefault(name, []).append(cell.at.date())
    doubtful = {name: days_exchangeable(days) for name, days in columns.items()}
    short = "yy" in style.dates.name.replace("yyyy", "")
    if short and any(map(years_exchangeable, columns.values())):
        # 02/03/24 may begin with its year, too.
        return ({}, dict([DATES])) if not all(doubtful.values()) else (dict([DATES]), {})
    if not any(doubtful.values()):
        return {}, {}
    # Another column, or the sign between the numbers, may tell.
    if all(doubtful.values()) and not style.dates.evident:
        return dict([DATES]), {}
    return {}, dict([DATES])


def decimal_doubts(sheet: Sheet, style: Style, *, given: bool, typed: bool) -> Doubts:
    """Return whether the decimal sign of some column of amounts or pieces can be asked about."""
    if given or typed:
        return {}
    columns: dict[str, list[str]] = {}
    for row in sheet.rows:
        for name, cell in row.items():
            if isinstance(cell, Money) or not isinstance(cell, str | When):
                columns.setdefault(name, []).append(_bare(style, cell))
    return dict([DECIMALS]) if any(map(_undecided, columns.values())) else {}


def _bare(style: Style, cell: Cell) -> str:
    return re.sub(r"[^\d.,]", "", style.text(cell)).strip(".,")


def _undecided(texts: Iterable[str]) -> bool:
    signs = {match[1] for text in texts if (match := _ONE_SIGN.match(text))}
    proven = any(re.search(r"[.,]", text) and not _ONE_SIGN.match(text) for text in texts)
    return bool(signs) and not proven
