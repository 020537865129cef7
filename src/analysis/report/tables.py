"""DataFrames as tables that can be read on paper, on a phone and aloud."""

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analysis.errors import PageError
from analysis.language import _
from analysis.report import text
from analysis.style import NOTHING, format_count

MOST_ROWS = 60

# A number as `analysis.style` writes it.
_NUMBER = r"[<>+\N{MINUS SIGN}-]?(?:[A-Z]{3}\s)?[^\w\s]?\d[\d,.]*(?:%|円|未満)?"

Formats = Mapping[str, Callable[[Any], str] | str]


def to_html(frame: Any, *, caption: str, formats: Formats) -> tuple[str, str]:
    """Return a table as HTML and as plain text.

    Raises:
        PageError: No caption, too many rows, or a format for a column that does not exist.
    """
    columns = [str(column) for column in frame.columns]
    _check(len(frame), columns, caption, formats)
    values = [[_value(cell) for cell in frame.iloc[:, place]] for place in range(len(columns))]
    texts = [
        [_write(cell, formats.get(column)) for cell in cells]
        for column, cells in zip(columns, values, strict=True)
    ]
    rights = [False] + [_is_number(cells) for cells in values[1:]]
    rows = list(zip(*texts, strict=True))
    return table(columns, rows, caption=caption, rights=rights), _plain(columns, rows, caption)


def table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str, rights: Sequence[bool]
) -> str:
    """Return texts as an HTML table whose first column names its rows.

    It stands in a box of its own that scrolls sideways where it is too wide, by keyboard too.

    Args:
        columns: Header.
        rows: Cells as they are read; escaped here.
        caption: Name of the table.
        rights: Which columns hold numbers and end at the right.
    """
    name = text.in_attribute(caption)
    marks = [' class="number"' if right else "" for right in rights]
    header = "".join(
        f'<th scope="col"{mark}>{text.to_html(column)}</th>'
        for column, mark in zip(columns, marks, strict=True)
    )
    body = "".join(f"<tr>{_cells(row, marks)}</tr>" for row in rows)
    if not rows:
        body = f'<tr><td colspan="{len(columns)}">{text.to_html(_("No rows."))}</td></tr>'
    return (
        f'<div class="table" role="region" aria-label="{name}" tabindex="0"><table>'
        f"<caption>{text.to_html(caption)}</caption><thead><tr>{header}</tr></thead><tbody>{body}</tbody>"
        "</table></div>"
    )


def _cells(row: Sequence[str], marks: Sequence[str]) -> str:
    first = f'<th scope="row">{text.to_html(row[0])}</th>'
    rest = zip(row[1:], marks[1:], strict=True)
    return first + "".join(f"<td{mark}>{text.to_html(cell)}</td>" for cell, mark in rest)


def _check(rows: int, columns: Sequence[str], caption: str, formats: Formats) -> None:
    if not caption.strip():
        raise PageError("table(caption='') has no caption: say what the table shows")
    if not columns:
        raise PageError(f"table {caption!r} has no columns: pass a DataFrame with at least one")
    if rows > MOST_ROWS:
        raise PageError(
            f"table {caption!r} has {rows} rows, must be <= {MOST_ROWS}: show the rows that matter"
        )
    unknown = [name for name in formats if name not in columns]
    if unknown:
        raise PageError(
            f"table {caption!r} has no column {unknown[0]!r} to format, it has {', '.join(columns)}"
        )


def _value(cell: Any) -> Any:
    # None, NaN and NaT alike; pandas' own NA refuses to be compared.
    if cell is None or type(cell).__name__ == "NAType" or cell != cell:
        return None
    return cell.item() if hasattr(cell, "item") else cell


def _is_number(cells: Sequence[Any]) -> bool:
    known = [cell for cell in cells if cell not in (None, NOTHING)]
    interval = _("{low} to {high}").format(low=_NUMBER, high=_NUMBER)
    return bool(known) and all(
        re.fullmatch(f"{_NUMBER}|{interval}", cell)
        if isinstance(cell, str)
        else isinstance(cell, int | float) and not isinstance(cell, bool)
        for cell in known
    )


def _write(cell: Any, form: Callable[[Any], str] | str | None) -> str:
    if cell is None:
        return NOTHING
    if callable(form):
        return form(cell)
    if form:
        return format(cell, form).replace("-", "\N{MINUS SIGN}")
    if isinstance(cell, bool):
        return _("yes") if cell else _("no")
    if isinstance(cell, int | float):
        return format_count(cell, decimals=0 if cell == int(cell) else 2)
    if isinstance(cell, datetime.date):
        return cell.isoformat()[:10]
    return str(cell)


def _plain(columns: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    lines = ["\t".join(row) for row in [columns, *rows]]
    return "\n".join([caption, *lines])
