"""Lines that end in several ways: cells that one program wrote, put together by another."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from analysis.ingest.decoding import private

_BLOCK = 4 * 1024 * 1024
_NEWLINE, _RETURN, _QUOTE = b'\n\r"'


class _Ends(NamedTuple):
    """Places in a block of the ends of rows: those outside quotes."""

    newlines: np.ndarray
    pairs: np.ndarray
    returns: np.ndarray


def with_even_ends(file: Path, target: Path) -> Path:
    """Return a file whose rows all end alike: this one, or a copy where needed.

    Line breaks within quotes belong to cells, and stay as they are.

    Args:
        file: In UTF-8, with cells in double quotes.
        target: Where the copy goes.
    """
    kinds = np.zeros(3, int)
    with file.open("rb") as source:
        for _, ends in _blocks(source):
            kinds += [len(places) for places in ends]
    newlines, pairs, returns = map(bool, kinds)
    if not returns and not (newlines and pairs):
        return file
    with file.open("rb") as source, private(target) as sink:
        for block, ends in _blocks(source):
            evened = block.copy()
            evened[ends.returns] = _NEWLINE
            sink.write(np.delete(evened, ends.pairs).tobytes())
    return target


def _blocks(source: io.BufferedReader) -> Iterator[tuple[np.ndarray, _Ends]]:
    quotes = 0
    while read := source.read(_BLOCK):
        # No pair is split between two blocks.
        while read.endswith(b"\r") and (more := source.read(1)):
            read += more
        block = np.frombuffer(read, np.uint8)
        quoted = np.flatnonzero(block == _QUOTE)
        newlines, returns = (
            _outside(np.flatnonzero(block == byte), quoted, quotes) for byte in (_NEWLINE, _RETURN)
        )
        # The byte beyond the last, and the one before the first, are no line ends.
        paired = np.append(block, np.uint8(0))[returns + 1] == _NEWLINE
        alone = (newlines == 0) | (block[newlines - 1] != _RETURN)
        yield block, _Ends(newlines[alone], returns[paired], returns[~paired])
        quotes += len(quoted)


def _outside(places: np.ndarray, quoted: np.ndarray, quotes: int) -> np.ndarray:
    """Keep the places that an even number of quotes precedes."""
    return places[(quotes + np.searchsorted(quoted, places)) % 2 == 0]
