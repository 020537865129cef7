"""The text of an export file: its encoding, its delimiter, its header."""

import shutil
from pathlib import Path
from typing import NamedTuple

from analysis.errors import DataError
from analysis.ingest.archives import gunzip, is_workbook, unzip
from analysis.ingest.decoding import Decoded, Fault, decode, private
from analysis.ingest.encodings import canonical, marked, name_of, tell_encoding
from analysis.ingest.file_kinds import kind_of
from analysis.ingest.header import Knows, Row, find_header, normalize, number_repeats
from analysis.ingest.line_ends import with_even_ends
from analysis.ingest.workbook import write_sheet

__all__ = ["Text", "normalize", "number_repeats", "read_text"]

_START = 64 * 1024
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")


class Text(NamedTuple):
    """A file as UTF-8 text.

    Attributes:
        file: The file as it was given.
        utf8: The file to read: the same one, or a copy in UTF-8.
        encoding: How the file is encoded; a workbook is read into UTF-8.
        delimiter: What stands between two cells.
        header: The columns as matched: after NFKC, without blanks around them.
        skip: Lines of `utf8` above the header. Each is a row of the file, so the header is row
            `skip + 1` of what a spreadsheet shows.
        notes: What is said in the balance of how the file was read.
    """

    file: Path
    utf8: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    skip: int = 0
    notes: tuple[str, ...] = ()


class _Plain(NamedTuple):
    """A file as text, before its header is looked for."""

    utf8: Path
    encoding: str
    delimiter: str = ""
    notes: tuple[str, ...] = ()


class _Asked(NamedTuple):
    """What a caller says of a file, what it is called, and that with where it lies."""

    called: str
    name: str
    folder: Path
    encoding: str
    sheet: str
    knows: Knows


def read_text(
    file: Path,
    *,
    folder: Path,
    encoding: str = "",
    sheet: str = "",
    knows: Knows = lambda _header: False,
) -> Text:
    """Read whatever file a shop has as UTF-8 text with a header.

    A workbook, a packed file, or a text that is not UTF-8 is rewritten as UTF-8 into `folder`.

    Args:
        file: The file.
        folder: Where copies go; they are for this user alone, as they may hold people.
        encoding: The file's encoding where it is known; empty to tell it by the content.
        sheet: The sheet of a workbook; empty for its first.
        knows: Tells whether normalized names of columns fit a layout. The first row that does is
            the header, even below other rows.

    Raises:
        DataError: There is no such file, it cannot be read, is no table, holds nothing or a byte
            that no encoding explains, or can be read in two ways.
    """
    asked = _Asked(file.name, file.name, folder, encoding, sheet, knows)
    try:
        return _read(file, asked)
    except OSError as error:
        raise DataError(_unreadable(file, error)) from None


def _read(file: Path, asked: _Asked) -> Text:
    if file.is_dir():
        raise DataError(f"{file} is a folder: name the export file in it.")
    if not file.is_file():
        raise DataError(f"{file} is no file: name an export file.")
    plain = _plain(file, asked)
    found = find_header(plain.utf8, asked.name, knows=asked.knows, delimiter=plain.delimiter)
    row = found.row
    utf8 = _with_one_line_a_row(plain.utf8, row, asked.folder / f"{file.stem}.header.utf8")
    above = row.rows_before - found.stated
    notes = [*plain.notes]
    if above:
        notes.append(f"{above:,} {'row' if above == 1 else 'rows'} above the header passed over")
    if not found.rows:
        notes.append("a header and no rows")
    encoding, delimiter = plain.encoding, found.delimiter
    return Text(file, utf8, encoding, delimiter, row.names(), row.rows_before, tuple(notes))


def _plain(file: Path, asked: _Asked, *, packed: bool = False) -> _Plain:
    """Return the text of a file of any kind."""
    with file.open("rb") as content:
        start = content.read(_START)
    if not start:
        raise DataError(f"{asked.name} is empty: export it again.")
    kind = kind_of(start, asked.name)
    if kind == "text":
        return _as_utf8(file, start, asked)
    if kind == "old workbook" or (kind == "zip" and is_workbook(file, asked.name)):
        target = asked.folder / f"{file.stem}.utf8"
        notes = write_sheet(file, target, name=asked.name, sheet=asked.sheet, knows=asked.knows)
        if not asked.called.lower().endswith(_WORKBOOKS):
            notes = ("read as a workbook, which it is whatever its name says", *notes)
        return _Plain(target, "utf-8", ",", notes)
    if packed:
        raise DataError(f"{asked.name} is packed twice: unpack it and import the table in it.")
    unpack = unzip if kind == "zip" else gunzip
    inner = unpack(file, asked.name, folder=asked.folder)
    within = asked._replace(called=inner.name, name=f"{inner.name} in {asked.name}")
    plain = _plain(inner.file, within, packed=True)
    return plain._replace(notes=(f"{inner.name} unpacked from it", *plain.notes))


def _as_utf8(file: Path, start: bytes, asked: _Asked) -> _Plain:
    told, length = marked(start)
    given = canonical(asked.encoding) if asked.encoding else ""
    encoding = told or given or "utf-8"
    target = asked.folder / f"{file.stem}.utf8"
    utf8 = file if encoding in ("utf-8", "utf-8-sig") else target
    seen = _decoded(file, encoding, None if utf8 == file else target, passed_over=length)
    if encoding == "utf-8" and not given and (seen.fault or seen.escapes):
        encoding, utf8, seen = _told(file, seen, target, asked.name)
    if seen.fault:
        raise DataError(_complaint(asked.name, [seen.fault], given=encoding == given))
    if not seen.even_ends:
        utf8 = with_even_ends(utf8, asked.folder / f"{file.stem}.ends.utf8")
    as_usual = encoding.startswith("utf-8") or given
    notes = () if as_usual else (f"read as {name_of(encoding)}",)
    return _Plain(utf8, encoding, "", notes)


def _told(file: Path, as_utf8: Decoded, target: Path, name: str) -> tuple[str, Path, Decoded]:
    """Read a file that is not UTF-8, or that may be ASCII with escapes into another encoding."""
    if not as_utf8.fault:
        escaped = decode(file, "iso2022_jp", target)
        found = not escaped.fault and target.stat().st_size != file.stat().st_size
        return ("iso2022_jp", target, escaped) if found else ("utf-8", file, as_utf8)
    if not as_utf8.fault.byte:
        return "utf-8", file, as_utf8
    encoding = tell_encoding(file, name)
    seen = decode(file, encoding or "cp932", target)
    if not encoding or seen.fault:
        faults = [as_utf8.fault, *([seen.fault] if seen.fault else [])]
        raise DataError(_complaint(name, faults))
    return encoding, target, seen


def _decoded(file: Path, encoding: str, target: Path | None, *, passed_over: int) -> Decoded:
    codec = "utf-8" if encoding == "utf-8-sig" else encoding
    return decode(file, codec, target, passed_over=passed_over)


def _complaint(name: str, faults: list[Fault], *, given: bool = False) -> str:
    last = faults[-1]
    if not last.byte:
        return (
            f"{name} holds a NUL byte in line {last.line} (at position {last.position:,}), which "
            "no text does: it was damaged or not copied to its end; export it again."
        )
    tried = ", nor ".join(
        f"{fault.encoding} (byte 0x{fault.byte:02x} in line {fault.line}, "
        f"at position {fault.position:,})"
        for fault in faults
    )
    if given:
        return f"{name} is not {tried}: correct `encoding`, or leave it out."
    fix = "export it again as UTF-8, or say its `encoding` under `mapping:` in the shop's file."
    return f"{name} is {'neither' if len(faults) > 1 else 'not'} {tried}: {fix}"


def _with_one_line_a_row(utf8: Path, header: Row, target: Path) -> Path:
    """Return a file in which the header, and each row above it, is one line."""
    if header.lines_before == header.rows_before and header.lines == 1:
        return utf8
    with utf8.open("rb") as source, private(target) as sink:
        for _ in range(header.lines_before + header.lines):
            line = source.readline()
        end = b"\r\n" if line.endswith(b"\r\n") else b"\n"
        # Nobody reads these lines, but a blank one would not count as a header.
        sink.write(end * header.rows_before + b"-" + end)
        shutil.copyfileobj(source, sink)
    return target


def _unreadable(file: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{file} is gone: it was moved or removed while it was read; import it again."
    if isinstance(error, PermissionError):
        return (
            f"{file} may not be read by this user: allow it (chmod u+r), or close the program that "
            "has it open."
        )
    return f"{file.name} cannot be read ({error.strerror or error}): copy it again."
