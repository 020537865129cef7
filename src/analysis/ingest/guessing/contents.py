"""What the cells of a column look like: dates, numbers, addresses, names that repeat."""

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from analysis.ingest.text import Text

# Enough to tell what columns mean; the import reads all.
_MOST_ROWS = 20_000
_LONGEST_CELL = 2_000_000
# So many cells of a column must look alike where its name says nothing, and where it does.
_NEARLY_ALL = 0.9
_MOST = 0.5

_MONTH = r"(?:[A-Za-z]{3,9}\.?|\d{1,2})"
_DATE = re.compile(
    rf"(\d{{4}}[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}日?|\d{{1,2}}[-/. ]{_MONTH}[-/. ,]+\d{{2,4}}"
    r"|[A-Za-z]{3,9}\.? \d{1,2},? \d{4})([ T,].*)?"
)
_NUMBER = re.compile(
    r"[-+(\u2212]?\s*(?:[A-Z]{3}|[^\w\s.,()+-]{1,3}|R\$|kr)?\s*[-\u2212]?\d[\d.,'\s]*\s*"
    r"(?:[A-Z]{3}|[^\w\s.,()]{1,3}|円|kr)?\)?"
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"'?\+?[\d\s()./-]{7,20}")
_WHOLE = re.compile(r"-?\d{1,6}([.,]0+)?")
_CODE = re.compile(r"[A-Z]{3}")
_PERSON = re.compile(r"[^\W\d_]+[,.]?\s+[^\W\d_]+.*")
# A number such as 13085.0 names something, and went through a spreadsheet.
_DECIMALS = re.compile(r"-?[\d.,]*\d[.,](?:\d{2}|[1-9])")


class Column(NamedTuple):
    """A column of a file, as far as its first rows show it.

    Attributes:
        name: Its name, as a mapping may say it.
        cells: Its cells, without blanks around them.
    """

    name: str
    cells: tuple[str, ...]

    @property
    def filled(self) -> list[str]:
        """The cells that hold something."""
        return [cell for cell in self.cells if cell]

    @property
    def distinct(self) -> int:
        """How many different cells hold something."""
        return len(set(self.filled))

    def is_all(self, kind: re.Pattern[str], share: float = _NEARLY_ALL) -> bool:
        """Tell whether nearly all filled cells are of a kind."""
        filled = self.filled
        alike = sum(bool(kind.fullmatch(cell)) for cell in filled)
        return bool(filled) and alike >= share * len(filled)

    @property
    def has_dates(self) -> bool:
        """Whether most of its cells are dates, or numbers as spreadsheets count days."""
        return self.is_all(_DATE, _MOST) or self.is_all(_NUMBER, _MOST)

    @property
    def has_numbers(self) -> bool:
        """Whether most of its cells are numbers."""
        return self.is_all(_NUMBER, _MOST) and not self.is_date

    @property
    def is_date(self) -> bool:
        """Whether its cells are dates."""
        return self.is_all(_DATE)

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers, with or without what stands beside money."""
        return self.is_all(_NUMBER) and not self.is_date

    @property
    def has_decimals(self) -> bool:
        """Whether most of its cells are numbers with one or two decimals, as money is written."""
        return self.is_all(_DECIMALS, _MOST) and not self.is_date

    @property
    def is_whole(self) -> bool:
        """Whether its cells are small whole numbers."""
        return self.is_all(_WHOLE)

    @property
    def is_email(self) -> bool:
        """Whether its cells are e-mail addresses."""
        return self.is_all(_EMAIL)

    @property
    def is_phone(self) -> bool:
        """Whether its cells may be telephone numbers."""
        return self.is_all(_PHONE)

    @property
    def is_currency(self) -> bool:
        """Whether its cells are codes of currencies."""
        return self.is_all(_CODE)

    @property
    def is_people(self) -> bool:
        """Whether its cells look like the names of people."""
        return self.is_all(_PERSON)


class Sample(NamedTuple):
    """The first rows of a file.

    Attributes:
        name: Name of the file.
        columns: Its columns, by name.
        is_whole: Whether these are all rows.
    """

    name: str
    columns: dict[str, Column]
    is_whole: bool


def read_sample(text: Text) -> Sample:
    """Read the first rows of a file."""
    rows = [row for _, row in islice(read_rows(text), _MOST_ROWS + 1)]
    return _sample(text, rows[:_MOST_ROWS], is_whole=len(rows) <= _MOST_ROWS)


def read_rows(text: Text) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the rows below the header that hold anything, with their numbers in a spreadsheet."""
    # The limit is the whole process's: who reads headers counts on the usual one.
    usual = csv.field_size_limit(_LONGEST_CELL)
    try:
        with text.utf8.open(encoding="utf-8-sig", newline="") as content:
            for _ in range(text.skip):
                content.readline()
            reader = csv.reader(content, delimiter=text.delimiter)
            for number, row in enumerate(reader, start=text.skip + 1):
                if number > text.skip + 1 and any(cell.strip() for cell in row):
                    yield number, row
    finally:
        csv.field_size_limit(usual)


def _sample(text: Text, rows: Sequence[Sequence[str]], *, is_whole: bool) -> Sample:
    columns = {
        name: Column(name, tuple(_cell(row[place]) if place < len(row) else "" for row in rows))
        for place, name in enumerate(text.header)
        if name
    }
    return Sample(text.file.name, columns, is_whole)


def _cell(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def together(samples: Sequence[Sample]) -> Sample:
    """Return samples of files with the same columns as if they were of one file."""
    first = samples[0]
    columns = {
        name: Column(name, tuple(cell for one in samples for cell in one.columns[name].cells))
        for name in first.columns
    }
    more = f" and {len(samples) - 1} more" if len(samples) > 1 else ""
    return Sample(f"{first.name}{more}", columns, all(one.is_whole for one in samples))


def groups(column: Column) -> dict[str, list[int]]:
    """Return the rows of each value of a column, in the order in which they come.

    >>> groups(Column("No", ("7", "", "7")))
    {'7': [0, 2]}
    """
    found: dict[str, list[int]] = {}
    for row, cell in enumerate(column.cells):
        if cell:
            found.setdefault(cell, []).append(row)
    return found
