"""Several products in one row of a file: each becomes a line of its order.

Either there is a cell for each product, `name:Mug|sku:M1|quantity:2|total:9.00`, or one cell with
the codes of all. Of codes alone the amounts are not known: the sum of goods is divided evenly, and
what cannot be divided goes to the first.
"""

from decimal import Decimal

from analysis.engine import Workbench
from analysis.ingest.cells import Cells, kept
from analysis.ingest.layouts import Layout, Line

_UNPACK = """
CREATE OR REPLACE TABLE staged AS
SELECT * EXCLUDE (items, item, place) REPLACE (
    -- Rows are recorded already; from here on the number only keeps lines in their order.
    row_no * 10000 + place AS row_no, {line})
FROM (
    SELECT *, unnest(items) AS item, generate_subscripts(items, 1) AS place
    FROM staged WHERE len(items) > 0
    UNION ALL
    SELECT *, NULL, 0 FROM staged WHERE coalesce(len(items), 0) = 0)
"""


def is_packed(layout: Layout) -> bool:
    """Tell whether one row may hold several products."""
    return layout.line is not None and bool(layout.line.packed or layout.line.codes)


def items(cells: Cells, line: Line) -> str:
    """Return the products of a row as a list of texts, for the column `items` of `staged`."""
    if line.packed:
        return cells.each(line.packed)
    codes = f"string_split({cells.text(line.codes)}, ',')"
    trimmed = f"list_transform({codes}, lambda code: nullif(trim(code, $blanks), ''))"
    return f"list_filter({trimmed}, lambda code: code IS NOT NULL)"


def unpack(connection: Workbench, cells: Cells, layout: Layout, *, minor_units: int) -> None:
    """Make each product of `staged` a row."""
    line = layout.line or Line()
    make = _by_name(cells, line) if line.packed else _by_code(cells, minor_units)
    columns = ("is_line", "product_id", "product_name", "quantity", "line_amount")
    parts = ", ".join(f"{make[column]} AS {column}" for column in columns)
    statement = _UNPACK.format(line=parts)
    connection.execute(statement, cells.used(statement))


def _by_name(cells: Cells, line: Line) -> dict[str, str]:
    quantity = f"try_cast({cells.number(cells.keyed('item', line.quantity))} AS BIGINT)"
    if line.amount:
        amount = cells.number(cells.keyed("item", line.amount))
    else:
        amount = f"{quantity} * {cells.number(cells.keyed('item', line.price))}"
    if line.discount:
        amount += f" - coalesce({cells.number(cells.keyed('item', line.discount))}, 0)"
    told = cells.keyed("item", (*line.product_id, *line.product_name, *line.quantity))
    return {
        # A gift card, or the same product once more in columns of its own, is no line.
        "is_line": f"{told} IS NOT NULL",
        "product_id": kept(cells.keyed("item", line.product_id)),
        "product_name": kept(cells.keyed("item", line.product_name)),
        "quantity": quantity,
        "line_amount": f"CAST({amount} AS DECIMAL(18, 4))",
    }


def _by_code(cells: Cells, minor_units: int) -> dict[str, str]:
    total = f"CAST(floor(goods * {cells.bind(minor_units)}) AS BIGINT)"
    share = f"{total} // len(items) + CASE WHEN place = 1 THEN {total} % len(items) ELSE 0 END"
    unit = f"CAST({cells.bind(str(Decimal(1) / minor_units))} AS DECIMAL(9, 4))"
    return {
        "is_line": "item IS NOT NULL AND goods IS NOT NULL",
        "product_id": kept("item"),
        "product_name": "CAST(NULL AS VARCHAR)",
        "quantity": "CAST(1 AS BIGINT)",
        "line_amount": f"CAST(({share}) * {unit} AS DECIMAL(18, 4))",
    }
