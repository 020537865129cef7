"""Where the table of a text begins, and what stands between its cells."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from analysis.errors import DataError

Knows = Callable[[tuple[str, ...]], bool]

_DELIMITERS = ",\t;|"
_SEEN_CHARACTERS, _SEEN_ROWS, _HEADER_ROWS = 1_000_000, 100, 30
_SEPARATOR = re.compile(r'"?sep=([^\r\n])"?(?:\r\n|\n|\r)')
_NO_WIDTH = "\ufeff\u200b\u200c\u200d\u2060"
_NO_WORD = re.compile(r"[\d\s.,:/+%$€£¥()-]*")


class Row(NamedTuple):
    """A row near the beginning of a file.

    Attributes:
        cells: Its cells.
        lines_before: Lines of text before it.
        rows_before: Rows before it, as a spreadsheet counts them.
        lines: Lines of text that it takes: more than one where a cell holds a break.
    """

    cells: list[str]
    lines_before: int
    rows_before: int
    lines: int

    def names(self) -> tuple[str, ...]:
        """Return the cells as names of columns."""
        return tuple(number_repeats([normalize(cell) for cell in self.cells]))


class Header(NamedTuple):
    """The row that names the columns.

    Attributes:
        delimiter: What stands between two cells.
        row: The row.
        stated: Whether the file states its delimiter, in a line such as `sep=;`.
        rows: Rows below it, as far as the beginning of the file was read.
    """

    delimiter: str
    row: Row
    stated: bool
    rows: int


def find_header(utf8: Path, name: str, *, knows: Knows, delimiter: str = "") -> Header:
    """Find the header of a table: the row that fits a layout, else the first that looks like one.

    Args:
        utf8: The file in UTF-8.
        name: What it is called in sentences.
        knows: Tells whether names of columns fit a layout.
        delimiter: What stands between two cells, if that is known.

    Raises:
        DataError: The file holds nothing, or a quote in its first row is never closed.
    """
    with utf8.open(encoding="utf-8-sig", newline="") as content:
        start = content.read(_SEEN_CHARACTERS)
        cut = bool(content.read(1))
    stated = _SEPARATOR.match(start)
    passed_over = 1 if stated else 0
    text = start[stated.end() :] if stated else start
    if not text.strip('\ufeff\x1a, ;\t\r\n|"'):
        raise DataError(f"{name} is empty: export it again.")
    delimiters = stated[1] if stated else delimiter or _DELIMITERS
    tables = {mark: _first_rows(text, mark, name, cut=cut) for mark in delimiters}
    found = _known(tables, knows)
    if found:
        mark, row = found
    else:
        mark = max(tables, key=lambda mark: _evenness(tables[mark]))
        row = _likely(tables[mark])
    below = len(tables[mark]) - 1 - tables[mark].index(row)
    moved = row._replace(
        lines_before=row.lines_before + passed_over, rows_before=row.rows_before + passed_over
    )
    return Header(mark, moved, bool(stated), below)


def _first_rows(text: str, delimiter: str, name: str, *, cut: bool) -> list[Row]:
    """Return the first rows that hold anything."""
    found: list[Row] = []
    lines = 0
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter)
    try:
        for number, cells in enumerate(reader):
            if any(cell.strip() for cell in cells):
                found.append(Row(cells, lines, number, reader.line_num - lines))
            lines = reader.line_num
            if len(found) == _SEEN_ROWS:
                return found
    except csv.Error:  # a cell beyond 128 KiB
        cut = False
    if not found:
        raise DataError(
            f"{name} opens a quote in its header that is never closed: correct the first row, "
            "or export the file again."
        )
    return found[:-1] if cut and len(found) > 1 else found


def _known(tables: dict[str, list[Row]], knows: Knows) -> tuple[str, Row] | None:
    for number in range(_HEADER_ROWS):
        for mark, rows in tables.items():
            if number < len(rows) and knows(rows[number].names()):
                return mark, rows[number]
    return None


def _evenness(rows: list[Row]) -> tuple[float, int]:
    """Tell how much this looks like a table: how many rows are as wide as its header, how wide."""
    width = len(_likely(rows).cells)
    alike = sum(len(row.cells) == width for row in rows)
    return (alike / len(rows), width) if width > 1 else (0.0, 0)


def _likely(rows: list[Row]) -> Row:
    """Return the first row, unless another one names twice as many columns."""
    first, best = rows[0], max(rows[:_HEADER_ROWS], key=_words)
    filled = sum(bool(cell.strip()) for cell in first.cells)
    return best if 2 * filled <= _words(best) else first


def _words(row: Row) -> int:
    return sum(not _NO_WORD.fullmatch(cell) for cell in row.cells)


def normalize(name: str) -> str:
    r"""Return a column's name as it is matched: without blanks, or marks of no width, around it.

    >>> normalize(" \uff11\uff12\u6708 ")
    '12月'
    """
    return unicodedata.normalize("NFKC", name).strip().strip(_NO_WIDTH).strip()


def number_repeats(names: list[str]) -> Iterator[str]:
    """Tell columns of the same name apart: the first keeps it, the others are counted.

    >>> list(number_repeats(["送料", "税金", "送料"]))
    ['送料', '税金', '送料 (2)']
    """
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"
