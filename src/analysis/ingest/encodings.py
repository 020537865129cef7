"""Which encoding is a file in that says nothing of it? Told by its content, or asked."""

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from analysis.errors import DataError
from analysis.ingest.decoding import decode
from analysis.ingest.wording import judge_of

_BLOCK = 1024 * 1024
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# As browsers do: who says the one means the other, which has the same letters and more.
_MEANT = {"shift_jis": "cp932", "iso8859-1": "cp1252", "gb2312": "gb18030", "euc_kr": "cp949"}
_NAMES = {
    "cp932": "CP932 (Shift JIS)",
    "cp1252": "Windows-1252",
    "euc_jp": "EUC-JP",
    "iso2022_jp": "ISO-2022-JP",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "mac_roman": "Mac Roman",
    "gb18030": "GB 18030",
    "big5": "Big5",
}
# What exports are in that are not in Unicode, and what turns up now and then.
_USUAL = ("cp932", "cp1252")
_RARE = ("cp1252", "mac_roman", "cp850", "iso8859-15", "gb18030", "big5", "cp949")
_SINGLE_BYTES = re.compile("cp12|cp85|cp86|iso8859|koi8|mac")
# So many words are no chance.
_FEW = 5
_MOST_BLOCKS, _MOST_CELLS, _LONGEST_CELL = 8, 1000, 400
# No encoding here has these as the second byte of a character.
_BETWEEN_CELLS = re.compile(rb'[,;"\t\r\n]+')
_CONTROLS = re.compile("[\x7f-\x9f]")
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")


class Marked(NamedTuple):
    """The encoding that a file states itself.

    Attributes:
        encoding: As Python calls it; empty if it states none.
        length: Bytes of the mark.
    """

    encoding: str
    length: int


def name_of(encoding: str) -> str:
    """Return what people call an encoding.

    >>> name_of("cp1252"), name_of("cp1250")
    ('Windows-1252', 'Windows-1250')
    """
    return _NAMES.get(encoding) or re.sub("^cp12", "Windows-12", encoding)


def canonical(encoding: str) -> str:
    """Return Python's name of an encoding that a person gave.

    >>> canonical("Shift_JIS"), canonical("latin-1"), canonical("windows-1252")
    ('cp932', 'cp1252', 'cp1252')

    Raises:
        DataError: There is none of that name.
    """
    try:
        known = codecs.lookup(encoding)
        "".encode(encoding)  # refuses what is no encoding of text, such as base64
    except (LookupError, TypeError, ValueError):
        raise DataError(
            f"encoding == {encoding!r} is no encoding: say utf-8, cp932, cp1252 or another name "
            "that Python knows."
        ) from None
    return _MEANT.get(known.name, known.name)


def marked(start: bytes) -> Marked:
    r"""Return the encoding that the first bytes of a file state.

    >>> marked(b"\xff\xfeA\0"), marked(b"A,B")
    (Marked(encoding='utf-16-le', length=2), Marked(encoding='', length=0))
    """
    for bom, encoding in _BOMS.items():
        if start.startswith(bom):
            return Marked(encoding, len(bom))
    return Marked(_wide(start), 0)


def _wide(start: bytes) -> str:
    """Return which UTF-16 a file is in without saying so: every other byte of ASCII is zero."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if 20 * (even + odd) < len(start):
        return ""
    if 20 * even < odd:
        return "utf-16-le"
    return "utf-16-be" if 20 * odd < even else ""


def tell_encoding(file: Path, name: str) -> str:
    """Return the encoding of a file that is not UTF-8, or an empty text; `name` is for sentences.

    Raises:
        DataError: Two encodings explain it, and its cells would differ.
    """
    cells = _foreign_cells(file)
    if _damaged_utf8(cells):
        return ""
    fitting = _candidates(cells)
    if len(fitting) > 1:
        fitting = [encoding for encoding in fitting if not decode(file, encoding).fault]
    if len(fitting) > 1:
        raise DataError(_two_readings(name, cells, fitting[0], fitting[1]))
    return fitting[0] if fitting else ""


def _candidates(cells: Counter[bytes]) -> list[str]:
    usual = _votes(cells, _USUAL)
    fitting = _fitting(usual)
    if not fitting:  # kana in cell after cell are no accident
        fitting = _fitting(_votes(cells, ("euc_jp",)), at_least=_FEW)
    if not fitting:
        fitting = _fitting(_votes(cells, _RARE, strict=False), at_least=_FEW)
        # Its rare letters are the common ones of other code pages.
        if not fitting or "cp1252" in fitting:
            more = [*_RARE, *_proposed(cells)]
            fitting = _fitting(_votes(cells, more, strict=False), at_least=_FEW)
    possible = [encoding for encoding, votes in usual.items() if -1 not in votes]
    return fitting or (possible if len(possible) > 1 else [])


def _votes(
    cells: Counter[bytes], encodings: Iterable[str], *, strict: bool = True
) -> dict[str, list[int]]:
    """Return what the cells say for and against encodings; of those that read alike, the first."""
    votes: dict[str, list[int]] = {}
    readings: dict[tuple[str, ...], str] = {}
    for encoding in dict.fromkeys(encodings):
        texts = tuple(_decoded(cell, encoding) for cell in cells)
        if readings.setdefault(texts, encoding) == encoding:
            judge = judge_of(encoding, strict=strict)
            controls = any(_CONTROLS.search(text) for text in texts)
            votes[encoding] = [judge(text) if text and not controls else -1 for text in texts]
    return votes


def _fitting(votes: dict[str, list[int]], *, at_least: int = 1) -> list[str]:
    """Return the encodings that cells, and enough of them, speak for, the best first."""
    shares = {
        encoding: cast.count(1) / (len(cast) - cast.count(0))
        for encoding, cast in votes.items()
        if cast.count(1) >= at_least
    }
    best = max(shares.values(), default=0.0)
    near = [encoding for encoding, share in shares.items() if best >= 0.75 and 2 * share > best]
    return sorted(near, key=lambda encoding: -shares[encoding])


def _decoded(cell: bytes, encoding: str) -> str:
    try:
        return cell.decode(encoding)
    except UnicodeDecodeError:
        return ""


def _proposed(cells: Counter[bytes]) -> Iterator[str]:
    """Name what a library of statistics holds possible: code pages beyond the western ones."""
    from charset_normalizer import from_bytes  # takes its time, for files that hardly occur

    for match in from_bytes(b"\n".join(cells)):
        encoding = codecs.lookup(match.encoding).name
        if _SINGLE_BYTES.match(encoding):
            yield encoding


def _damaged_utf8(cells: Counter[bytes]) -> bool:
    """Tell whether a file is in UTF-8 but for some bytes: by chance, nothing looks like that."""
    good = sum(bool(_decoded(cell, "utf-8") or _SURROGATE.search(cell)) for cell in cells)
    return 5 * good >= len(cells)


def _foreign_cells(file: Path) -> Counter[bytes]:
    """Count cells that are not ASCII in the first blocks that have some."""
    found: Counter[bytes] = Counter()
    rest, blocks = b"", 0
    with file.open("rb") as source:
        while blocks < _MOST_BLOCKS and (block := source.read(_BLOCK)):
            # A cell may be cut at the end of a block.
            lines, _, rest = (rest + block).rpartition(b"\n")
            rest = rest[:_BLOCK]
            found.update(_cells_of(lines))
            blocks += not lines.isascii()
    found.update(_cells_of(rest))
    foreign = {cell: count for cell, count in found.items() if not cell.isascii()}
    return Counter(dict(Counter(foreign).most_common(_MOST_CELLS)))


def _cells_of(block: bytes) -> Iterator[bytes]:
    for line in () if block.isascii() else block.split(b"\n"):
        for cell in () if line.isascii() else _BETWEEN_CELLS.split(line):
            if not cell.isascii():
                # Of a long text, its words.
                parts = [cell] if len(cell) <= _LONGEST_CELL else cell.split(b" ")
                yield from (part for part in parts if len(part) <= _LONGEST_CELL)


def _two_readings(name: str, cells: Counter[bytes], one: str, other: str) -> str:
    """Ask, by a word of the cell that occurs most: products do so oftener than people."""
    readings = (
        (_decoded(word, one), _decoded(word, other))
        for cell, _ in cells.most_common()
        for word in cell.split()
    )
    here, there = next(pair for pair in readings if all(pair) and pair[0] != pair[1])
    return (
        f"{name} can be read in two ways: the same word is {here!r} in {name_of(one)} and "
        f"{there!r} in {name_of(other)}: say `encoding: {one}` or `encoding: {other}` under "
        "`mapping:` in the shop's file."
    )
