"""Several products in one row of a file: each becomes a line of its order.

Either there is a cell for each product, `name:Mug|sku:M1|quantity:2|total:9.00`, or one cell with
the codes of all. Of codes alone the amounts are not known: the sum of goods is divided evenly, and
what cannot be divided goes to the first.
"""

from decimal import Decimal

from analysis.engine import Workbench
from analysis.ingest.cells import Cells, kept
from analysis.ingest.layouts import Columns, Layout, Line
from analysis.ingest.line_kinds import line_kind

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


_ITEMS = "CREATE OR REPLACE TABLE line_items AS SELECT unnest(items) AS item FROM staged"

# Several products in one cell each begin with the same name. A sign with a backslash before it is
# part of a value: it is kept out of the way until values are told apart.
_SAFE = "replace(replace(replace(cell, '\\;', chr(1)), '\\|', chr(2)), '\\:', chr(3))"
_FIRST = r"regexp_extract(cell, '^\s*([a-z_]+):', 1)"
_SPLIT = (
    f"list_transform(string_split({_SAFE}, concat(';', {_FIRST}, ':')), lambda part, place: "
    f"CASE WHEN place = 1 THEN part ELSE concat({_FIRST}, ':', part) END)"
)
# Refunds in one cell need not begin with the same name.
SPLIT_ANYWHERE = (
    rf"string_split(regexp_replace({_SAFE}, ';\s*([a-z_]+:)', concat(chr(4), '\1'), 'g'), chr(4))"
)


def is_packed(cells: Cells, layout: Layout) -> bool:
    """Tell whether one row may hold several products."""
    line = layout.line
    return line is not None and cells.has_any(line.packed or line.codes)


def items(cells: Cells, line: Line) -> str:
    """Return the products of a row as a list of texts, for the column `items` of `staged`."""
    if line.packed:
        return f"flatten(list_transform({cells.each(line.packed)}, lambda cell: {_SPLIT}))"
    codes = f"string_split({cells.text(line.codes)}, ',')"
    trimmed = f"list_transform({codes}, lambda code: nullif(trim(code, $blanks), ''))"
    return f"list_filter({trimmed}, lambda code: code IS NOT NULL)"


def unpack(connection: Workbench, cells: Cells, layout: Layout, *, minor_units: int) -> None:
    """Make each product of `staged` a row."""
    line = layout.line or Line()
    if line.packed:
        connection.execute(_ITEMS)
        make = _by_name(cells, line)
        connection.execute("DROP TABLE line_items")
    else:
        make = _by_code(cells, minor_units)
    parts = ", ".join(f"{expression} AS {column}" for column, expression in make.items())
    statement = _UNPACK.format(line=parts)
    connection.execute(statement, cells.used(statement))


def _by_name(cells: Cells, line: Line) -> dict[str, str]:
    def number(columns: Columns) -> str:
        return cells.number(
            cells.keyed("item", columns),
            of="line_items",
            title=f"{'/'.join(columns)} within {'/'.join(line.packed)}",
        )

    quantity = f"CAST({number(line.quantity)} AS DECIMAL(18, 3))"
    amount = number(line.amount) if line.amount else f"{quantity} * {number(line.price)}"
    if line.discount:
        none = f"{cells.keyed('item', line.discount)} IS NULL"
        amount += f" - CASE WHEN {none} THEN 0 ELSE abs({number(line.discount)}) END"
    told = cells.keyed("item", (*line.product_id, *line.product_name, *line.quantity))
    name = cells.keyed("item", line.product_name or line.product_id)
    return {
        # A gift card, or the same product once more in columns of its own, is no line.
        "is_line": f"{told} IS NOT NULL",
        "line_kind": line_kind(cells, line, cells.keyed("item", line.kind), name),
        "product_id": kept(cells.keyed("item", line.product_id)),
        "product_name": kept(cells.keyed("item", line.product_name)),
        "quantity": quantity,
        "line_amount": f"TRY(CAST({amount} AS DECIMAL(18, 4)))",
    }


def _by_code(cells: Cells, minor_units: int) -> dict[str, str]:
    total = f"CAST(floor(goods * {cells.bind(minor_units)}) AS BIGINT)"
    share = f"{total} // len(items) + CASE WHEN place = 1 THEN {total} % len(items) ELSE 0 END"
    unit = f"CAST({cells.bind(str(Decimal(1) / minor_units))} AS DECIMAL(9, 4))"
    return {
        "is_line": "item IS NOT NULL AND goods IS NOT NULL",
        "line_kind": "'goods'",
        "product_id": kept("item"),
        "product_name": "CAST(NULL AS VARCHAR)",
        "quantity": "CAST(1 AS DECIMAL(18, 3))",
        "line_amount": f"CAST(({share}) * {unit} AS DECIMAL(18, 4))",
    }
