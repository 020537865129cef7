"""Decoding a file to its end: strictly, block by block, and no byte of UTF-8 twice."""

import codecs
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

_BLOCK = 4 * 1024 * 1024
_NOT_IN_CP932 = "\x80\xa0\uf8f1\uf8f2\uf8f3"
_ESCAPE = b"\x1b"


class Fault(NamedTuple):
    """The first byte that an encoding does not explain.

    Attributes:
        encoding: What was tried.
        byte: The byte; 0 is one that no text holds.
        position: Its place in the file, from 0 on.
        line: Its line, from 1 on.
    """

    encoding: str
    byte: int
    position: int
    line: int


class Decoded(NamedTuple):
    """What was seen on the way through a file.

    Attributes:
        fault: The first fault, or None.
        even_ends: Whether all lines seem to end alike. Quotes are not looked at, so a file may
            be better than that.
        escapes: Whether an escape character was seen, as encodings of seven bits have it.
    """

    fault: Fault | None = None
    even_ends: bool = True
    escapes: bool = False


def decode(
    file: Path, encoding: str, target: Path | None = None, *, passed_over: int = 0
) -> Decoded:
    """Decode a file to its end, writing it as UTF-8 where asked, up to the first fault.

    Args:
        file: The file.
        encoding: As Python calls it.
        target: Where to write it, for this user alone.
        passed_over: Bytes of the mark before the text.
    """
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    position, lines, escapes, ends = passed_over, 0, False, _Ends()
    with file.open("rb") as source, private(target) if target else io.BytesIO() as sink:
        source.seek(passed_over)
        for block in _blocks(source):
            pending = decoder.getstate()[0]
            # Most of a file is ASCII, which needs no look at its characters.
            if encoding.startswith("utf-8") and not pending and block.isascii() and block:
                fault = _nul(block, encoding, position, lines)
                utf8 = block
            else:
                utf8, fault = _step(decoder, block, encoding, position, lines)
                if target:
                    sink.write(utf8)
            if fault:
                return Decoded(fault)
            ends.add(utf8)
            escapes = escapes or _ESCAPE in utf8
            position += len(block)
            lines = ends.newlines
    return Decoded(None, ends.even(), escapes)


def _step(
    decoder: codecs.IncrementalDecoder, block: bytes, encoding: str, position: int, lines: int
) -> tuple[bytes, Fault | None]:
    """Decode a block and return it in UTF-8, or its first fault."""
    pending = decoder.getstate()[0]
    begin = position - len(pending)
    try:
        text = decoder.decode(block, final=not block)
    except UnicodeDecodeError as error:
        whole = bytes(error.object)
        before = whole[: error.start].decode(encoding, errors="replace")
        where = begin + error.start
        return b"", Fault(encoding, whole[error.start], where, lines + before.count("\n") + 1)
    place = _strange(text, encoding)
    if place >= 0:
        before = text[:place]
        where = begin + len(before.encode(encoding))
        byte = text[place].encode(encoding)[0]
        return b"", Fault(encoding, byte, where, lines + before.count("\n") + 1)
    utf8 = text.encode("utf-8")
    if b"\0" in utf8:
        before = text[: text.index("\0")]
        where = begin + len(before.encode(encoding))
        return b"", Fault(encoding, 0, where, lines + before.count("\n") + 1)
    return utf8, None


def _nul(block: bytes, encoding: str, position: int, lines: int) -> Fault | None:
    place = block.find(b"\0")
    if place < 0:
        return None
    return Fault(encoding, 0, position + place, lines + block.count(b"\n", 0, place) + 1)


class _Ends:
    """Counts of the bytes that end lines; looking for the two as a pair costs most."""

    def __init__(self) -> None:
        self.newlines = self._returns = 0
        self._paired: bool | None = None

    def add(self, block: bytes) -> None:
        returns = block.count(b"\r")
        newlines = block.count(b"\n")
        if self._paired is None and block:
            self._paired = block.count(b"\r\n") + block.endswith(b"\r") == returns
        self._returns += returns
        self.newlines += newlines

    def even(self) -> bool:
        return not self._returns or (bool(self._paired) and self._returns == self.newlines)


def private(file: Path) -> BinaryIO:
    """Open a new file for this user alone: it may hold names and addresses."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _strange(text: str, encoding: str) -> int:
    """Return the place of a character that Python's codec makes of bytes CP932 does not have."""
    if encoding != "cp932":
        return -1
    places = [place for mark in _NOT_IN_CP932 if (place := text.find(mark)) >= 0]
    return min(places, default=-1)


def _blocks(source: io.BufferedReader) -> Iterator[bytes]:
    while block := source.read(_BLOCK):
        yield block
    yield b""
