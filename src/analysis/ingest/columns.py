"""Finding the columns that a layout names among those of a file."""

from collections.abc import Sequence
from typing import Any

from analysis.ingest.layouts import Columns
from analysis.ingest.text import normalize


def found(header: Sequence[str], columns: Columns) -> list[int]:
    """Return the places of those columns that a header has, in the order in which they are named.

    >>> found(("a", "b", "c"), ("c", "x", "a"))
    [2, 0]
    """
    return [header.index(name) for name in map(normalize, columns) if name in header]


def matching(header: Sequence[str], columns: Columns) -> list[str]:
    """Return the columns of a header that some names mean; `x*` means all that begin so.

    >>> matching(("line_1", "line_2", "note"), ("line_*",))
    ['line_1', 'line_2']
    """
    names = [normalize(name) for name in columns]
    whole = set(names)
    starts = tuple(name[:-1] for name in names if name.endswith("*"))
    return [name for name in header if name in whole or (starts and name.startswith(starts))]


def has_column(header: Sequence[str], columns: Columns) -> bool:
    """Tell whether a header has one of these columns."""
    return bool(matching(header, columns))


def names_in(value: Any) -> set[str]:
    """Return every text that a layout holds: among them are the columns that it reads."""
    if isinstance(value, str):
        return {value} if value else set()
    if isinstance(value, dict):
        return set().union(*map(names_in, value.values()), set())
    if isinstance(value, tuple | list):
        return set().union(*map(names_in, value), set())
    return set()
