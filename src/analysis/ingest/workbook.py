"""Sheets of workbooks as text: every cell as it stands there, and every row at its number."""

import csv
import io
import os
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import python_calamine as calamine

from analysis.errors import DataError
from analysis.ingest.decoding import private
from analysis.ingest.header import Knows, normalize, number_repeats
from analysis.ingest.workbook_xml import LARGEST, Survey, check_parts, survey

_HEADER_ROWS = 30
_EXACT = 2**53


def write_sheet(
    file: Path, target: Path, *, name: str, sheet: str, knows: Knows
) -> tuple[str, ...]:
    """Write a sheet as comma-separated UTF-8 text, for this user alone.

    Args:
        file: The workbook.
        target: Where the text goes.
        name: What the workbook is called in sentences.
        sheet: Name of the sheet; empty for the first.
        knows: Tells whether names of columns fit a layout.

    Returns:
        What is to be said of it.

    Raises:
        DataError: The workbook is locked, damaged or far too large, has no such sheet, or another
            sheet than the first holds the table.
    """
    try:
        check_parts(file, name)
        with _reader(file) as book:
            names = _sheets(book, name)
            chosen = _chosen(names, sheet, name)
            cells = _Cells(book, file, chosen, name)
            if not sheet and not cells.known(knows):
                _refuse_other_sheet(book, file, names, name=name, knows=knows)
            cells.write(target)
    except (calamine.CalamineError, zipfile.BadZipFile, zlib.error, ElementTree.ParseError):
        raise DataError(
            f"{name} is a workbook that is damaged or was not copied to its end: copy it again, or "
            "open it in a spreadsheet and save it as CSV."
        ) from None
    return _notes(chosen, names, cells.survey)


@contextmanager
def _reader(file: Path) -> Iterator[calamine.CalamineWorkbook]:
    """Open a workbook by its content; given a path, the library would go by the name."""
    with file.open("rb") as content:
        zipped = zipfile.is_zipfile(content)
        content.seek(0)
        if zipped:
            with calamine.load_workbook(content) as book:
                yield book
            return
        with _without_panic(), calamine.load_workbook(content) as book:
            yield book


@contextmanager
def _without_panic() -> Iterator[None]:
    """Make an ordinary error of it where the library gives up on an old workbook cut short.

    It says so on its own, past Python, in many lines.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise calamine.CalamineError(str(error)) from None
        raise
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _notes(chosen: str, names: list[str], seen: Survey) -> tuple[str, ...]:
    notes = [f"sheet '{chosen}' of {len(names)}"] if len(names) > 1 else []
    marks = sum(map(len, seen.marks.values()))
    if marks:
        notes.append(f"{marks:,} cells hold errors or formulas that were not calculated")
    return tuple(notes)


def _sheets(book: calamine.CalamineWorkbook, name: str) -> list[str]:
    """Return the sheets that a person sees, or all where none is seen."""
    sheets = [
        sheet for sheet in book.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    seen = [sheet for sheet in sheets if sheet.visible == calamine.SheetVisibleEnum.Visible]
    if not sheets:
        raise DataError(f"{name} is a workbook without a sheet of cells: export it again.")
    return [sheet.name for sheet in seen or sheets]


def _chosen(names: list[str], sheet: str, name: str) -> str:
    if not sheet:
        return names[0]
    for known in names:
        if normalize(known) == normalize(sheet):
            return known
    shown = ", ".join(f"'{known}'" for known in names)
    raise DataError(f"{name} has no sheet '{sheet}': say one of {shown} as `sheet`.")


def _refuse_other_sheet(
    book: calamine.CalamineWorkbook, file: Path, names: list[str], *, name: str, knows: Knows
) -> None:
    for other in names[1:]:
        if _Cells(book, file, other, name).known(knows):
            raise DataError(
                f"{name} has no known table in its first sheet '{names[0]}', but one in '{other}': "
                f"say `sheet: {other}` under `mapping:` in the shop's file."
            )


class _Cells:
    """The cells of a sheet."""

    def __init__(self, book: calamine.CalamineWorkbook, file: Path, sheet: str, name: str) -> None:
        self.survey = survey(file, sheet)
        if self.survey.rows * self.survey.columns > LARGEST:
            raise DataError(
                f"Sheet '{sheet}' of {name} goes down to row {self.survey.rows:,} and over "
                f"{self.survey.columns:,} columns: delete what stands far from the table, or save "
                "the sheet as CSV."
            )
        self._sheet = book.get_sheet_by_name(sheet)

    def rows(self) -> Iterator[list[str]]:
        """Yield the rows from the first of the sheet on, each cell as text."""
        first_column = (self._sheet.start or (0, 0))[1]
        for number, values in enumerate(self._sheet.iter_rows()):
            cells = [cell_text(value) for value in values]
            for column, mark in self.survey.marks.get(number, ()):
                if 0 <= column - first_column < len(cells):
                    cells[column - first_column] = mark
            yield cells

    def known(self, knows: Knows) -> bool:
        """Tell whether one of the first rows that hold anything fits a layout."""
        seen = 0
        for cells in self.rows():
            if any(cells):
                seen += 1
                if knows(tuple(number_repeats([normalize(cell) for cell in cells]))):
                    return True
            if seen == _HEADER_ROWS:
                break
        return False

    def write(self, target: Path) -> None:
        """Write all rows; one without anything is a blank line."""
        with private(target) as sink, io.TextIOWrapper(sink, "utf-8", newline="") as text:
            writer = csv.writer(text, lineterminator="\n")
            for cells in self.rows():
                if any(cells):
                    writer.writerow(cells)
                else:
                    text.write("\n")


def cell_text(value: Any) -> str:
    """Return a cell as text: no digit is lost, and none is added that the sheet does not show.

    >>> [cell_text(value) for value in (6806530000000.0, 19.9, 0.1 + 0.2, 1e-7, True, 1.2e20)]
    ['6806530000000', '19.9', '0.3', '0.0000001', 'TRUE', '1.2E+20']
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, datetime):
        if value.microsecond:  # a day is a number there, whose seconds are rounded
            value = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.replace(microsecond=0).isoformat()
    return _duration(value) if isinstance(value, timedelta) else str(value)


def _number(value: float) -> str:
    if abs(value) > _EXACT:
        # Digits have been lost: the exponent says so to whoever takes it for the number of a thing.
        mantissa, _, exponent = f"{value:.14e}".partition("e")
        return f"{re.sub(r'[.]?0+$', '', mantissa)}E{exponent}"
    if value == int(value):
        return str(int(value))
    # Spreadsheets hold fifteen digits; what follows is the noise of binary fractions.
    text = f"{value:.15g}"
    return f"{Decimal(text):f}" if "e" in text else text


def _duration(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    return f"{'-' if seconds < 0 else ''}{hours:02}:{rest // 60:02}:{rest % 60:02}"
