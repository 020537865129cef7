"""Blank lines of a file, which the engine passes over and a spreadsheet counts."""

import mmap
import re
from pathlib import Path

import numpy as np

_BLOCK = 4 * 1024 * 1024
_TWO_ENDS = re.compile(rb"\n\r?\n")
_LINE_END, _RETURN, _QUOTE = b'\n\r"'


def blank_rows(file: Path, *, skip: int = 0) -> list[int]:
    """Return the row numbers of blank lines below the header, counted as a spreadsheet does.

    Args:
        file: In UTF-8, with cells in double quotes. Line breaks within quotes start no row.
        skip: Lines above the header, each of them a row: the header is row `skip + 1`.
    """
    with file.open("rb") as content:
        with mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            # Nearly every file ends here.
            if not _TWO_ENDS.search(whole):
                return []
        for _ in range(skip):
            content.readline()
        found = []
        rows, quotes, last_end, last_byte = skip, 0, -1, 0
        while block := content.read(_BLOCK):
            cells = np.frombuffer(block, np.uint8)
            ends = np.flatnonzero(cells == _LINE_END)
            quoted = np.flatnonzero(cells == _QUOTE)
            ends = ends[(quotes + np.searchsorted(quoted, ends)) % 2 == 0]
            length = np.diff(ends, prepend=last_end) - 1
            before = np.where(ends > 0, cells[ends - 1], last_byte)
            blank = (length == 0) | ((length == 1) & (before == _RETURN))
            found += (rows + 1 + np.flatnonzero(blank)).tolist()
            rows, quotes = rows + len(ends), quotes + len(quoted)
            last_end = int(ends[-1] if len(ends) else last_end) - len(block)
            last_byte = block[-1]
    return found
