"""What the library that reads workbooks does not tell: how far a sheet goes, and cells in error."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

# Cells; the library holds the whole rectangle in memory, at some thirty bytes a cell.
LARGEST = 40_000_000
_BLOCK = 1024 * 1024
_PLACE = re.compile(rb'\sr="([A-Z]{1,3})[0-9]')
_ROW = re.compile(rb'\sr="[A-Z]*([0-9]+)"')
# Signs of a cell whose value is an error, or that has a formula and no value.
_SIGNS = (b't="e"', b"f></", b"v/>", b"v />", b"v></")
_CELL = re.compile(rb"<(?:\w+:)?c\s((?:[^>/]|/(?!>))*)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]+)<")
_NAMED = re.compile(rb'\br="([A-Z]+)([0-9]+)"')
_NOT_CALCULATED = "#NOT CALCULATED"


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
        last_row, columns, marks = 0, set(), {}
        for block in _blocks(archive, part):
            columns |= set(_PLACE.findall(block))
            rows = _ROW.findall(block[block.rfind(b' r="') :])
            last_row = max(last_row, *map(int, rows), 0)
            if any(sign in block for sign in _SIGNS):
                for row, column, text in _marks(block):
                    marks.setdefault(row, []).append((column, text))
    return Survey(last_row, max(map(_column, columns), default=0), marks)


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
    """Yield a part in pieces of whole cells."""
    rest = b""
    with archive.open(part) as content:
        while block := content.read(_BLOCK):
            block = rest + block
            end = max(block.rfind(b"<c "), block.rfind(b":c "))
            whole, rest = (block[:end], block[end:]) if end > 0 else (b"", block)
            yield whole
    yield rest


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
