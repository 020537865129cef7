"""What the library that reads workbooks does not tell: how far a sheet goes, and cells in error."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from analysis.errors import DataError

# Cells; the library holds the whole rectangle in memory, at some thirty bytes a cell.
LARGEST = 40_000_000
_MOST_BYTES = 4_000_000_000
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_BLOCK = 1024 * 1024
_ROW_END = b"row>"
_PLACE = re.compile(rb' r="([A-Z]*)([0-9]+)"')
# Signs of a cell whose value is an error, or that has a formula and no value.
_SIGNS = (b't="e"', b"f></", b"v/>", b"v />", b"<v></")
_CELL = re.compile(rb"<(?:\w+:)?c\s((?:[^>/]|/(?!>))*)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]+)<")
_NAMED = re.compile(rb'\br="([A-Z]+)([0-9]+)"')
_NOT_CALCULATED = "#NOT CALCULATED"


def check_parts(file: Path, name: str) -> None:
    """Refuse a workbook that is locked or far too large, and read the parts that are no sheets.

    The library is in another language, and damage may end the whole program there.

    Raises:
        DataError: It is locked or far too large.
        zipfile.BadZipFile: A part is damaged.
    """
    if not zipfile.is_zipfile(file):
        if _ENCRYPTED in file.read_bytes():
            raise DataError(
                f"{name} is locked with a password: open it, save it without one, and import that."
            )
        return
    with zipfile.ZipFile(file) as archive:
        size = sum(part.file_size for part in archive.infolist())
        if size > _MOST_BYTES:
            raise DataError(
                f"{name} unpacks to {size:,} bytes, too much for a workbook: save the sheet as CSV."
            )
        for part in archive.infolist():
            if not part.filename.startswith("xl/worksheets/"):
                with archive.open(part) as content:
                    while content.read(_BLOCK):
                        pass


class Survey(NamedTuple):
    """What a sheet is like.

    Attributes:
        rows: Its last row, from 1 on; 0 where that is not known.
        columns: Its last column.
        marks: Row to columns and texts, from 0 on, of cells that the library gives as empty.
    """

    rows: int = 0
    columns: int = 0
    marks: dict[int, list[tuple[int, str]]] = {}  # noqa: RUF012


def survey(file: Path, sheet: str) -> Survey:
    """Look through a sheet of an .xlsx file; of other workbooks nothing is known.

    Raises:
        zipfile.BadZipFile: The file is damaged.
    """
    if not zipfile.is_zipfile(file):
        return Survey()
    with zipfile.ZipFile(file) as archive:
        part = _part_of(archive, sheet)
        if not part:
            return Survey()
        rows, columns, marks = 0, 0, {}
        for block in _blocks(archive, part):
            for row in block.split(_ROW_END):
                last = _PLACE.match(row, max(row.rfind(b' r="'), 0))
                if last:
                    rows, columns = max(rows, int(last[2])), max(columns, _column(last[1]))
            if any(sign in block for sign in _SIGNS):
                for row, column, text in _marks(block):
                    marks.setdefault(row, []).append((column, text))
    return Survey(rows, columns, marks)


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """Return the file in the archive that holds a sheet."""
    parts = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
    if not set(parts) <= set(archive.namelist()):
        return ""
    book, relations = (ElementTree.fromstring(archive.read(part)) for part in parts)  # noqa: S314
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for element in book.iter():
        if element.tag.endswith("}sheet") and element.get("name") == sheet:
            ids = [value for key, value in element.items() if key.endswith("}id")]
            target = targets.get(ids[0], "") if ids else ""
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return ""


def _blocks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Yield a part in pieces of whole rows."""
    pieces: list[bytes] = []
    with archive.open(part) as content:
        while block := content.read(_BLOCK):
            whole, end, rest = block.rpartition(_ROW_END)
            if end:
                yield b"".join([*pieces, whole])
                pieces = []
            pieces.append(rest)
    yield b"".join(pieces)


def _marks(block: bytes) -> Iterator[tuple[int, int, str]]:
    for attributes, content in _CELL.findall(block):
        place = _NAMED.search(attributes)
        value = _VALUE.search(content)
        if not place:
            continue
        row, column = int(place[2]) - 1, _column(place[1]) - 1
        if b't="e"' in attributes:
            yield row, column, value[1].decode("utf-8", "replace") if value else "#ERROR"
        elif b"f>" in content and not value and b't="str"' not in attributes:
            yield row, column, _NOT_CALCULATED


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
