"""What kind of file is this, whatever it is called? Only tables come in."""

import re
from typing import Literal

from analysis.errors import DataError

Kind = Literal["text", "zip", "gzip", "old workbook"]

_KINDS: dict[bytes, Kind] = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gzip",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "old workbook",
}
_TO_UNPACK = "unpack it and import the table in it"
_TO_EXPORT = "export the orders as CSV or as a workbook (.xlsx)"
_STRANGERS = {
    b"%PDF-": ("a PDF", _TO_EXPORT),
    b"{\\rtf": ("a text document", _TO_EXPORT),
    b"\x89PNG": ("a picture", _TO_EXPORT),
    b"\xff\xd8\xff": ("a picture", _TO_EXPORT),
    b"PAR1": ("a Parquet file", _TO_EXPORT),
    b"SQLite format 3": ("a database", _TO_EXPORT),
    b"7z\xbc\xaf": ("a 7-Zip archive", _TO_UNPACK),
    b"Rar!": ("a RAR archive", _TO_UNPACK),
    b"BZh91AY": ("a bzip2 archive", _TO_UNPACK),
    b"\xfd7zXZ": ("an xz archive", _TO_UNPACK),
    b"\x28\xb5\x2f\xfd": ("a Zstandard archive", _TO_UNPACK),
}
_BLANKS = b"\xef\xbb\xbf \t\r\n"
_PAGE = re.compile(rb"<(!doctype html|html|head|meta|body|table|div|style|script)\b", re.IGNORECASE)
_MARKUP = re.compile(rb"<(\?xml|!--|[a-z]+[ >/])", re.IGNORECASE)
_OBJECTS = re.compile(rb"\{\s*\"|\[\s*[\[{]")


def kind_of(start: bytes, name: str) -> Kind:
    """Return the kind of a file.

    Args:
        start: Its first bytes.
        name: What it is called in sentences.

    Raises:
        DataError: It is of a kind that holds no table.
    """
    for sign, kind in _KINDS.items():
        if start.startswith(sign):
            return kind
    for sign, (what, fix) in _STRANGERS.items():
        if start.startswith(sign):
            raise DataError(f"{name} is {what}, not a table: {fix}.")
    # A byte-order mark may stand before it, and every other byte of UTF-16 is zero.
    text = start.lstrip(b"\xff\xfe").replace(b"\0", b"").lstrip(_BLANKS)
    if _PAGE.match(text):
        raise DataError(
            f"{name} is a web page, such as one that asks to sign in, not a table: sign in to the "
            "shop and export it again, or open it in a spreadsheet and save it as CSV."
        )
    if _MARKUP.match(text):
        raise DataError(
            f"{name} is XML, not a table: open it in a spreadsheet and save it as CSV or .xlsx."
        )
    if _OBJECTS.match(text):
        raise DataError(f"{name} is JSON, not a table: {_TO_EXPORT}.")
    return "text"
