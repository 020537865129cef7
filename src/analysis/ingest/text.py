"""The text of an export file: its encoding, its delimiter, its header."""

import codecs
import csv
import io
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from analysis.errors import DataError

_BLOCK = 4 * 1024 * 1024
_NOT_IN_CP932 = "\x80\xa0\uf8f1\uf8f2\uf8f3"
_DELIMITERS = ",\t;"
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class Text(NamedTuple):
    """A file as UTF-8 text.

    Attributes:
        file: The file as it was given.
        utf8: The file to read: the same one, or a copy in UTF-8.
        encoding: How the file is encoded.
        delimiter: What stands between two cells.
        header: The columns as matched: after NFKC, without blanks around them.
    """

    file: Path
    utf8: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    skip: int = 0
    notes: tuple[str, ...] = ()


class _Fault(NamedTuple):
    encoding: str
    byte: int
    position: int
    line: int


def read_text(file: Path, *, folder: Path, encoding: str = "", sheet: str = "", knows=None) -> Text:
    """Find out how a file is encoded and what its header says.

    A file that is not UTF-8 is rewritten as UTF-8 into `folder`, block by block, strictly.

    Raises:
        DataError: The file is missing or empty, or holds a byte that no encoding explains.
    """
    if not file.is_file():
        raise DataError(f"{file} is no file: name an export file.")
    with file.open("rb") as content:
        start = content.read(3)
    if not start:
        raise DataError(f"{file.name} is empty: export it again.")
    told = next((name for bom, name in _BOMS.items() if start.startswith(bom)), "")
    faults = []
    for encoding in (told,) if told else ("utf-8", "cp932"):
        as_it_is = encoding.startswith("utf-8")
        utf8 = file if as_it_is else folder / f"{file.stem}.utf8"
        fault = _decode(file, encoding, None if as_it_is else utf8)
        if fault is None:
            delimiter, header = _header(utf8, file.name)
            return Text(file, utf8, encoding, delimiter, header)
        faults.append(fault)
    raise DataError(_complaint(file, faults))


def _decode(file: Path, encoding: str, target: Path | None) -> _Fault | None:
    """Decode a file to its end, writing it as UTF-8 where asked, and return the first fault."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    position = lines = 0
    with file.open("rb") as source, _private(target) if target else io.BytesIO() as sink:
        for block in _blocks(source):
            pending = decoder.getstate()[0]
            # Most of a file is ASCII, which needs no look at its characters.
            if encoding == "utf-8" and not pending and block.isascii() and block:
                position += len(block)
                lines += block.count(b"\n")
                continue
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                seen = lines + error.object[: error.start].count(b"\n")
                byte = error.object[error.start]
                where = position - len(pending) + error.start
                return _Fault(encoding, byte, where, seen + 1)
            place = _strange(text) if encoding == "cp932" else -1
            if place >= 0:
                before = text[:place]
                where = position - len(pending) + len(before.encode(encoding))
                byte = text[place].encode(encoding)[0]
                return _Fault(encoding, byte, where, lines + before.count("\n") + 1)
            if target:
                sink.write(text.encode("utf-8"))
            position += len(block)
            lines += block.count(b"\n")
    return None


def _private(file: Path) -> BinaryIO:
    """Open a new file for this user alone: it may hold names and addresses."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _strange(text: str) -> int:
    """Return the place of a character that Python's codec makes of bytes CP932 does not have."""
    places = [place for mark in _NOT_IN_CP932 if (place := text.find(mark)) >= 0]
    return min(places, default=-1)


def _blocks(source: io.BufferedReader) -> Iterator[bytes]:
    while block := source.read(_BLOCK):
        yield block
    yield b""


def _complaint(file: Path, faults: list[_Fault]) -> str:
    tried = ", nor ".join(
        f"{fault.encoding} (byte 0x{fault.byte:02x} in line {fault.line}, "
        f"at position {fault.position:,})"
        for fault in faults
    )
    return (
        f"{file.name} is neither {tried}: export it again as UTF-8."
        if len(faults) > 1
        else f"{file.name} is not {tried}: export it again as UTF-8."
    )


def _header(utf8: Path, name: str) -> tuple[str, tuple[str, ...]]:
    with utf8.open(encoding="utf-8-sig", newline="") as content:
        first = content.readline(1_000_000)
        content.seek(0)
        delimiter = max(_DELIMITERS, key=first.count)
        try:
            cells = next(csv.reader(content, delimiter=delimiter), [])
        except csv.Error:  # a cell beyond 128 KiB
            raise DataError(
                f"{name} opens a quote in its header that is never closed: correct the first row, "
                "or export the file again."
            ) from None
    return delimiter, tuple(number_repeats([normalize(cell) for cell in cells]))


def normalize(name: str) -> str:
    r"""Return a column's name as it is matched.

    >>> normalize(" \uff11\uff12\u6708 ")
    '12月'
    """
    return unicodedata.normalize("NFKC", name).strip()


def number_repeats(names: list[str]) -> Iterator[str]:
    """Tell columns of the same name apart: the first keeps it, the others are counted.

    >>> list(number_repeats(["送料", "税金", "送料"]))
    ['送料', '税金', '送料 (2)']
    """
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"
