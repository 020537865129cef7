"""Files that were packed: the one table in a .zip or .gz."""

import gzip
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from analysis.errors import DataError
from analysis.ingest.decoding import private

# A table shrinks to a tenth or a thirtieth; what grows far beyond that is made to fill a disk.
MOST_BYTES, MOST_GROWTH, _SMALL = 8_000_000_000, 500, 200_000_000
_BLOCK = 1024 * 1024
_TABLES = {".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".xls", ".ods"}
# What the names in packed documents begin with.
_WORKBOOKS = ("xl/", "content.xml")
_DOCUMENTS = {
    "xl/workbook.bin": "a binary workbook (.xlsb)",
    "word/": "a text document",
    "ppt/": "a set of slides",
    "Index/": "a Numbers document",
}
_DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError)
_NAMES_SHOWN = 5


class Packed(NamedTuple):
    """A table that was packed.

    Attributes:
        file: Its copy.
        name: Its name in the archive.
    """

    file: Path
    name: str


def is_workbook(file: Path, name: str) -> bool:
    """Tell whether a zip is a workbook, which is a zip too.

    Raises:
        DataError: It is damaged, or another document.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except _DAMAGED:
        raise DataError(_damaged(name)) from None
    for begin, what in _DOCUMENTS.items():
        if any(entry.startswith(begin) for entry in names):
            raise DataError(f"{name} is {what}: open it and save the table as .xlsx or CSV.")
    return any(entry.startswith(_WORKBOOKS) for entry in names)


def unzip(file: Path, name: str, *, folder: Path) -> Packed:
    """Unpack the only table of a zip.

    Args:
        file: The zip.
        name: What it is called in sentences.
        folder: Where the table is unpacked, for this user alone.

    Raises:
        DataError: It holds no table or several, is locked or damaged, or far too large.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entry = _only_table(archive, name)
            inner = _shown(entry)
            if entry.flag_bits & 1:
                raise DataError(f"{name} is locked with a password: unpack it and import {inner}.")
            with archive.open(entry) as source:
                _copy(source, folder / "unpacked", packed=entry.compress_size, name=name)
    except NotImplementedError:
        raise DataError(f"{name} is packed in a rare way: unpack it and import {inner}.") from None
    except _DAMAGED:
        raise DataError(_damaged(name)) from None
    return Packed(folder / "unpacked", inner)


def gunzip(file: Path, name: str, *, folder: Path) -> Packed:
    """Unpack a .gz; see `unzip`."""
    try:
        with gzip.open(file) as source:
            _copy(source, folder / "unpacked", packed=file.stat().st_size, name=name)
    except _DAMAGED:
        raise DataError(_damaged(name)) from None
    return Packed(folder / "unpacked", file.name.removesuffix(".gz"))


def _only_table(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    entries = [
        entry
        for entry in archive.infolist()
        if not entry.is_dir()
        and not any(part.startswith((".", "__MACOSX")) for part in Path(entry.filename).parts)
    ]
    tables = [entry for entry in entries if PurePosixPath(entry.filename).suffix.lower() in _TABLES]
    candidates = tables or entries
    if len(candidates) == 1:
        return candidates[0]
    names = [_shown(entry) for entry in candidates]
    shown = ", ".join(names[:_NAMES_SHOWN]) + (", ..." if len(names) > _NAMES_SHOWN else "")
    holds = f"holds {len(names):,} files ({shown})" if names else "holds no file"
    raise DataError(f"{name} {holds}: unpack it and import the table of orders or customers.")


def _shown(entry: zipfile.ZipInfo) -> str:
    """Return the name of an entry; older programs write it in the encoding of their country."""
    name = PurePosixPath(entry.filename).name
    if not entry.flag_bits & 0x800:
        for encoding in ("utf-8", "cp932"):
            try:
                return name.encode("cp437").decode(encoding)
            except UnicodeError:
                continue
    return name


def _copy(source: BinaryIO, target: Path, *, packed: int, name: str) -> None:
    most = min(MOST_BYTES, max(_SMALL, MOST_GROWTH * packed))
    written = 0
    with private(target) as sink:
        while block := source.read(_BLOCK):
            written += len(block)
            if written > most:
                raise DataError(
                    f"{name} unpacks to more than {most:,} bytes, which no export does: unpack it "
                    "yourself, look at it, and import the table in it."
                )
            sink.write(block)


def _damaged(name: str) -> str:
    return f"{name} is damaged or was not copied to its end: copy it, or export it, again."
