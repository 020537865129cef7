"""Orders as they are read beside the cells that they are read from; nobody is named."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from analysis.engine import Workbench
from analysis.ingest.balance import written
from analysis.ingest.guessing.contents import read_rows
from analysis.ingest.layouts import Layout
from analysis.ingest.text import Text, normalize

_MOST_ORDERS, _MOST_ROWS, _LONGEST = 5, 3, 60
# Enough to find orders that came in; others may have been set aside.
_LOOKED_AT = 2_000
_LINE_FILE = "order_lines.parquet"
_AS_NUMBER = re.compile(r"^(\d+)\.0+$")

_ORDERS = """
SELECT order_id, customer_id, ordered_at, amount_minor FROM read_parquet($file)
WHERE list_contains($ids, order_id)
"""
_LINES = """
SELECT order_id, count(*), sum(quantity), sum(amount_minor) FROM read_parquet($file)
WHERE list_contains($ids, order_id) GROUP BY order_id
"""


def shown_orders(
    connection: Workbench, text: Text, layout: Layout, folder: Path, currency: str
) -> Iterator[str]:
    """Yield lines that show a few orders as they came in, each with its rows of the file.

    Args:
        connection: An engine.
        text: The file.
        layout: How it was read.
        folder: The tables that came of it.
        currency: ISO code of the shop's currency.
    """
    raw = _raw_orders(text, layout)
    ids = list(raw)
    orders = rows_of(connection, _ORDERS, folder / "orders.parquet", ids=ids)
    lines = {row[0]: row for row in rows_of(connection, _LINES, folder / _LINE_FILE, ids=ids)}
    columns = _columns(text, layout)
    places = {order_id: place for place, order_id in enumerate(ids)}
    for order in sorted(orders, key=lambda order: places[order[0]])[:_MOST_ORDERS]:
        yield _order(order, lines.get(order[0]), currency)
        rows = raw[order[0]]
        for number, row in rows[:_MOST_ROWS]:
            cells = [
                f"{name} {_cell(name, row[at], layout)}"
                for name, at in columns
                if at < len(row) and row[at].strip()
            ]
            yield f"  row {number}: {' | '.join(cells)}"
        if len(rows) > _MOST_ROWS:
            yield f"  and {len(rows) - _MOST_ROWS:,} more rows"


def rows_of(connection: Workbench, statement: str, file: Path, **values: Any) -> list[tuple]:
    """Return the rows of a statement over a file `$file`; none where there is no such file."""
    if not file.exists():
        return []
    return connection.execute(statement, {"file": str(file), **values}).fetchall()


def _order(order: tuple, lines: tuple | None, currency: str) -> str:
    order_id, customer, ordered_at, minor = order
    said = [f"{ordered_at:%Y-%m-%d %H:%M}", written(minor, currency), _customer(customer)]
    if lines:
        _, count, pieces, worth = lines
        what = "1 line" if count == 1 else f"{count:,} lines"
        said.append(f"{what}, {float(pieces):g} pieces, {written(worth, currency)}")
    return f"order {order_id}: {', '.join(said)}"


def _customer(customer: str) -> str:
    is_digest = len(customer) == 64
    return f"customer by address ({customer[:6]}...)" if is_digest else f"customer {customer}"


def _raw_orders(text: Text, layout: Layout) -> dict[str, list[tuple[int, Sequence[str]]]]:
    """Return the first rows of a file by the order that they are of."""
    places = {name: place for place, name in enumerate(text.header)}
    at = next((places[normalize(name)] for name in layout.order_id if normalize(name) in places), 0)
    found: dict[str, list[tuple[int, Sequence[str]]]] = {}
    for number, row in islice(read_rows(text), _LOOKED_AT):
        cell = row[at].strip().lstrip("'") if at < len(row) else ""
        if order_id := _AS_NUMBER.sub(r"\1", cell):
            found.setdefault(order_id, []).append((number, row))
    return found


def _columns(text: Text, layout: Layout) -> list[tuple[str, int]]:
    """Return the columns of a file that a layout reads, with their places."""
    line = layout.line.columns() if layout.line else []
    refunds = [layout.refund, layout.refunded_at, layout.refunds, layout.currency]
    named = {normalize(name) for columns in [*layout.needed(), *line, *refunds] for name in columns}
    return [(name, place) for place, name in enumerate(text.header) if name in named]


def _cell(name: str, cell: str, layout: Layout) -> str:
    """Return a cell as a person may be shown it: what names somebody is masked."""
    cell = " ".join(cell.split())
    personal = {normalize(column) for column in (*layout.email, *layout.phone)}
    if name in personal or "@" in cell:
        return masked(cell)
    return cell if len(cell) <= _LONGEST else f"{cell[:_LONGEST]}..."


def masked(text: str) -> str:
    """Return a personal text by which its owner may know it, and nobody else.

    >>> masked("hanako@example.com"), masked("+81-90-5555-0123")
    ('h***@***m', '+***3')
    """
    if "@" in text:
        return f"{text[:1]}***@***{text[-1:]}"
    return f"{text[:1]}***{text[-1:]}"
