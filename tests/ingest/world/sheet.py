"""A table of typed cells, and the bytes of a file that holds it."""

import csv
import io
import random
from datetime import UTC
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import Cell as BookCell
from openpyxl.worksheet.worksheet import Worksheet

from tests.ingest.world.notation import Cell, Dates, Money, Numbers, Quantity, When


class Style(NamedTuple):
    """How the cells of a table are written.

    Attributes:
        numbers: How amounts are.
        dates: How moments are.
        zone: The zone of the shop's clock.
        decimals: Decimals of its currency.
        pad: Blanks around numbers and dates.
        utc: Whether moments are those of Greenwich, which their cells do not say.
    """

    numbers: Numbers
    dates: Dates
    zone: ZoneInfo
    decimals: int
    pad: str = ""
    utc: bool = False

    def text(self, cell: Cell) -> str:
        return cell if isinstance(cell, str) else f"{self.pad}{self._bare(cell)}{self.pad}"

    def _bare(self, cell: Money | Quantity | When) -> str:
        if isinstance(cell, Money):
            return self.numbers.money(cell.minor, self.decimals)
        if isinstance(cell, Quantity):
            return self.numbers.quantity(cell.value)
        if self.utc:
            at = cell.at.replace(tzinfo=self.zone).astimezone(UTC).replace(tzinfo=None)
            return self.dates.write(at, ZoneInfo("UTC"))
        return self.dates.write(cell.at, self.zone)


class Sheet(NamedTuple):
    """Rows by the names of their columns; a name that is missing is an empty cell."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, Cell], ...]

    def texts(self, style: Style) -> list[list[str]]:
        return [
            list(self.columns),
            *([style.text(row.get(name, "")) for name in self.columns] for row in self.rows),
        ]


class Container(NamedTuple):
    """What a table is put into.

    Attributes:
        kind: `csv`, or a workbook with `typed` numbers and dates, or one of `texts`.
        encoding: Of a CSV.
        separator: Of a CSV.
        quote_all: Whether every cell stands in quotes.
        newline: What ends a row.
        sep_line: Whether the first line names the separator, as spreadsheets write it.
        titles: Lines above the header.
        escape: Whether quotes within cells have a backslash before them, as databases write.
        total: The word of a last row that adds up.
        footer: A last line that says something else.
        blanks: Whether empty rows stand between.
        tail: Whether an empty column closes every row.
        short: Whether empty cells at the end of a row are left out, as some spreadsheets do.
        sheet: Name of the sheet where it is not the first.
    """

    kind: str = "csv"
    encoding: str = "utf-8"
    separator: str = ","
    quote_all: bool = False
    newline: str = "\r\n"
    sep_line: bool = False
    titles: tuple[str, ...] = ()
    escape: bool = False
    total: str = ""
    footer: str = ""
    blanks: bool = False
    tail: bool = False
    short: bool = False
    sheet: str = ""

    @property
    def suffix(self) -> str:
        return ".csv" if self.kind == "csv" else ".xlsx"


def content(sheet: Sheet, style: Style, container: Container) -> bytes:
    """Return the bytes of a file."""
    if container.kind == "csv":
        return _csv(sheet, style, container)
    return _workbook(sheet, style, container)


def _csv(sheet: Sheet, style: Style, container: Container) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(
        out,
        delimiter=container.separator,
        lineterminator=container.newline,
        # Where rows end otherwise than usual, Python leaves a line break in a cell without quotes.
        quoting=csv.QUOTE_ALL
        if container.quote_all or container.newline == "\r"
        else csv.QUOTE_MINIMAL,
    )
    if container.escape:
        writer = csv.writer(
            out,
            delimiter=container.separator,
            lineterminator=container.newline,
            quoting=csv.QUOTE_ALL,
            doublequote=False,
            escapechar="\\",
        )
    if container.sep_line:
        out.write(f"sep={container.separator}{container.newline}")
    for title in container.titles:
        writer.writerow([title])
    rows = sheet.texts(style)
    if container.total:
        rows.append(_total(sheet, style, container.total))
    for number, row in enumerate(rows):
        writer.writerow([*row, ""] if container.tail else _cut(row) if container.short else row)
        if container.blanks and number % 9 == 8:
            out.write(container.newline)
    if container.footer:
        writer.writerow([container.footer])
    text = out.getvalue()
    marks = {"utf-16": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
    if container.encoding in marks:
        unmarked = "utf-16-le" if container.encoding == "utf-16" else "utf-16-be"
        return marks[container.encoding] + text.encode(unmarked)
    return text.encode(container.encoding)


def _cut(row: list[str]) -> list[str]:
    filled = [at for at, text in enumerate(row, start=1) if text]
    return row[: max(filled, default=1)]


def _total(sheet: Sheet, style: Style, word: str) -> list[str]:
    """Return a closing row that adds up every column of amounts."""
    sums: list[str] = []
    for name in sheet.columns:
        amounts = [cell.minor for row in sheet.rows if isinstance(cell := row.get(name), Money)]
        sums.append(style.numbers.money(sum(amounts), style.decimals) if amounts else "")
    return [word if not sums[0] else sums[0], *sums[1:]]


def _workbook(sheet: Sheet, style: Style, container: Container) -> bytes:
    book = Workbook()
    page = book.active
    if container.sheet:
        page.append(["Please see the next sheet"])
        page = book.create_sheet(container.sheet)
    for title in container.titles:
        page.append([title])
    if container.kind == "texts":
        for row in sheet.texts(style):
            page.append([_as_text(text, page) for text in row])
    else:
        page.append(list(sheet.columns))
        for cells in sheet.rows:
            page.append([_value(cells.get(name, ""), style, page) for name in sheet.columns])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _value(cell: Cell, style: Style, page: Worksheet) -> Any:
    if isinstance(cell, Money):
        return cell.minor / 10**style.decimals if style.decimals else cell.minor
    if isinstance(cell, Quantity):
        return float(cell.value) if cell.value % 1 else int(cell.value)
    if isinstance(cell, When):
        return style.dates.kept(cell.at)
    return _as_text(cell, page)


def _as_text(text: str, page: Worksheet) -> BookCell | None:
    """Return a cell that is a text even where it begins as a formula does."""
    if not text:
        return None
    cell = BookCell(page, value=text)
    cell.data_type = "s"
    return cell


def draw_container(rng: random.Random, *, encodings: tuple[str, ...], decimal: str) -> Container:
    """Draw what a table is put into; where amounts have a comma, cells are seldom parted by it."""
    kind = rng.choice(("csv",) * 8 + ("typed", "texts"))
    titles = rng.choice(((),) * 8 + (("Orders of the shop",), ("Report", "All amounts with tax")))
    if kind != "csv":
        return Container(kind, titles=titles, sheet=rng.choice(("", "", "Orders")))
    separator = rng.choice(";;;\t|," if decimal == "," else ",,,,;\t|")
    return Container(
        kind,
        encoding=rng.choice(encodings),
        separator=separator,
        quote_all=rng.random() < 0.25,
        newline=rng.choice(("\r\n",) * 5 + ("\n",) * 5 + ("\r",)),
        escape=rng.random() < 0.03,
        sep_line=rng.random() < 0.06,
        titles=titles,
        total=rng.choice(("",) * 30 + ("Total", "Grand total", "Sum")),
        footer=rng.choice(("",) * 30 + ("Exported on 2026-01-05 by admin", "End of report")),
        blanks=rng.random() < 0.08,
        tail=rng.random() < 0.08,
        short=rng.random() < 0.04,
    )
