"""Columns that look as if they mattered, and that nobody reads: a person is told of them."""

import re

from analysis.engine import Workbench
from analysis.ingest.columns import has_column, matching, names_in
from analysis.ingest.layouts import Layout
from analysis.ingest.text import Text

_REFUNDS = re.compile(r"refund|credit.?note|chargeback|rembours|erstatt|rimbors|返金|返品", re.I)
_MATTERS = re.compile(
    r"total|amount|price|paid|discount|shipping|postage|tax|fee|qty|quantity|item|product|sku|"
    r"montant|prix|betrag|preis|menge|importo|prezzo|合計|金額|価格|単価|送料|手数料|税|割引|"
    r"数量|個数|商品",
    re.I,
)
_LINES = re.compile(r"item|product|sku|商品", re.I)
_SAMPLE = 2000


def unread_columns(connection: Workbench, text: Text, layout: Layout) -> tuple[str, ...]:
    """Return the columns of a file that hold anything, look like money or lines, and are not read.

    Of a format that comes along it is known what its columns mean, so only what looks like money
    that went back is told, and what looks like lines where it found none.

    Args:
        connection: The engine.
        text: The file.
        layout: How it is read.
    """
    line = layout.line.columns() if layout.line else []
    without_lines = line and not all(has_column(text.header, columns) for columns in line)
    looks = _MATTERS if layout.is_described() else _LINES if without_lines else _REFUNDS
    named = set(matching(text.header, tuple(names_in(layout))))
    unread = [
        (place, name)
        for place, name in enumerate(text.header)
        if (looks.search(name) or _REFUNDS.search(name)) and name not in named
    ]
    if not unread or layout.table != "orders":
        return ()
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(text.header)))
    counts = ", ".join(
        f"count(c{place}) FILTER (regexp_matches(c{place}, '[1-9]'))" for place, _ in unread
    )
    # Only numbers of columns enter the statement.
    statement = f"""
SELECT {counts} FROM (FROM read_csv($file, columns = {{{columns}}}, auto_detect = false,
    header = true, skip = $skip, delim = $delimiter, quote = '"', escape = '"',
    ignore_errors = true) LIMIT {_SAMPLE})"""  # noqa: S608
    values = {"file": str(text.utf8), "skip": text.skip, "delimiter": text.delimiter}
    (found,) = connection.execute(statement, values).fetchall()
    return tuple(name for (_, name), count in zip(unread, found, strict=True) if count)
