"""What the cells of a plain table say: expressions of its columns, and why a row is left out.

Every column of the contract is one column of the file. Which values mean what is told by the
layout's `values`; an empty meaning is a blank cell, and `*` any other value.
"""

from typing import NamedTuple

from analysis.engine import Workbench
from analysis.ingest.cells import Cells, is_address, kept
from analysis.ingest.cycle_words import cycle_days
from analysis.ingest.layouts import Columns, Layout
from analysis.ingest.plain_columns import columns_of, required_of
from analysis.schema import SQL_TYPES, Column

EVENTS = ("skip", "pause", "resume", "cancel", "payment_failure")

# What a list of subscriptions may tell besides: since when one is on hold, and its orders.
BESIDE_SUBSCRIPTIONS = (
    Column("paused_at", "timestamp"),
    Column("pause_reason", "text"),
    Column("order_ids", "text"),
)

_NOBODY = "coalesce(customer_number, email_key, phone_key) IS NULL"

# Cells that are a month as a whole.
_MONTHS = r"\d{4}[-/.]\d{1,2}|\d{4}年\d{1,2}月|\d{6}|\d{1,2}/\d{4}|[A-Za-z]{3,9}[ -]\d{4}"
_MONTH_FORMATS = ("%Y-%m", "%Y/%m", "%Y.%m", "%Y年%m月", "%Y%m", "%m/%Y", "%b %Y", "%B %Y",
                  "%b-%Y", "%B-%Y")  # fmt: skip
# Money in lists of costs may be finer than the currency: what one piece costs is rounded.
_ROUNDED = ("cost_minor", "unit_cost_minor")

# The digits of a cell that could not be read become nines and its letters x: enough to see what
# is wrong with it, too little to hold an address or a telephone number.
_SHAPE = r"regexp_replace(regexp_replace(left({0}, 80), '\d', '9', 'g'), '\p{{L}}', 'x', 'g')"


class Cell(NamedTuple):
    """One column of a plain table as expressions over the rows of a file.

    Attributes:
        name: Its name.
        text: What stands there, after its meaning is looked up; null where it is blank.
        value: What it is; null where it is blank or cannot be read.
        problem: Why the row is left out, where there is a text and no value.
    """

    name: str
    text: str
    value: str
    problem: str


def staging(connection: Workbench, cells: Cells, layout: Layout, *, minor_units: int) -> str:
    """Return the statement that makes `staged`: what each row of a file says, or is left out for.

    Args:
        connection: Where the cells are.
        cells: The cells of the file.
        layout: How they are to be read.
        minor_units: Of the shop's currency, or 1 where the file writes them.
    """
    found = _cells_of(connection, cells, layout, minor_units=minor_units)
    required = required_of(layout.table)
    dropped, strange = _states(cells, layout)
    blank = [
        f"WHEN text_{one.name} IS NULL THEN {cells.bind(one.name)}"
        for one in found
        if one.name in required
    ]
    unread = [
        (f"text_{one.name} IS NOT NULL AND {one.name} IS NULL", one) for one in found if one.problem
    ]
    # Programs and people write what they like below the last row.
    below = (
        "filled <= 1 AND blank IS NOT NULL AND row_no > max(row_no) FILTER (blank IS NULL) OVER ()"
    )
    reasons = ["WHEN dropped IS NOT NULL THEN dropped"]
    reasons += [f"WHEN {below} THEN 'a row below the table'"] if blank else []
    # The order that a refund is of tells whose it is.
    somebody = "customer_id" in required or layout.table == "refunds"
    if somebody:
        reasons += [
            "WHEN shortened AND customer_number IS NULL AND email_key IS NULL "
            "THEN 'customer number was shortened by a spreadsheet'",
        ]
    reasons += ["WHEN blank IS NOT NULL THEN 'a required cell is blank'"] if blank else []
    reasons += [f"WHEN {test} THEN {cells.bind(one.problem)}" for test, one in unread]
    if layout.table == "refunds":
        reasons.append("WHEN amount_minor = 0 THEN 'amount is zero or negative'")
    if layout.table == "refunds":
        reasons.append(f"WHEN {_NOBODY} AND order_id IS NULL THEN 'no customer'")
    if "customer_id" in required:
        # Last, as a telephone may still tell who it is.
        reasons.append(f"WHEN {_NOBODY} THEN 'no customer'")
    shapes = [f"WHEN {test} THEN concat('{one.name}: ', {shape(f'text_{one.name}')})"
              for test, one in unread]  # fmt: skip
    events = "CASE WHEN event IS NULL THEN left(text_event, 80) END"
    unknown = f"coalesce(strange, {events})" if layout.table == "subscription_events" else "strange"
    texts = ", ".join(f"{one.text} AS text_{one.name}" for one in found)
    beside = ["dropped", "strange", "shortened", "blank", "filled"]
    beside += [f"text_{one.name}" for one in found]
    values = ", ".join(f"{one.value} AS {one.name}" for one in found)
    return f"""
CREATE TABLE staged AS
SELECT
    * EXCLUDE ({", ".join(beside)}),
    CASE {" ".join(reasons)} END AS why,
    CASE WHEN dropped IS NULL OR strange IS NOT NULL THEN {kept(unknown)} END AS unknown,
    CASE WHEN dropped IS NULL THEN CASE WHEN blank IS NOT NULL THEN blank {" ".join(shapes)} END
    END AS content
FROM (
    SELECT *, CASE {" ".join(blank)} END AS blank
    FROM (
        SELECT row_no, {_customer_keys(cells, layout)}, {texts}, {values},
            {dropped} AS dropped, {strange} AS strange, {cells.filled()} AS filled
        FROM cells))
"""  # noqa: S608 - column numbers, names of the contract and parameters only, see `cells`


def _cells_of(
    connection: Workbench, cells: Cells, layout: Layout, *, minor_units: int
) -> list[Cell]:
    """Return the columns of a file's table, that of the customer apart."""
    named = [column for column in columns_of(layout.table) if column.name != "customer_id"]
    if layout.table == "subscriptions":
        named += BESIDE_SUBSCRIPTIONS
    found = []
    for column in named:
        kind = SQL_TYPES[column.kind]
        columns = _named(layout, column)
        if not cells.has(columns):
            found.append(Cell(column.name, "CAST(NULL AS VARCHAR)", f"CAST(NULL AS {kind})", ""))
            continue
        text = _meant(cells, layout, column.name, columns)
        value, problem = _read(
            connection, cells, layout, column, text=text, minor_units=minor_units
        )
        found.append(Cell(column.name, text, f"CAST({value} AS {kind})", problem))
    return found


def _named(layout: Layout, column: Column) -> Columns:
    """Return the file's columns that a column of the table stands in."""
    if column in BESIDE_SUBSCRIPTIONS:
        return getattr(layout, column.name)
    if column.name == "cycle_days":
        return (*layout.columns.get(column.name, ()), *layout.cycle_months)
    return layout.columns.get(column.name, ())


def _customer_keys(cells: Cells, layout: Layout) -> str:
    """Return the expressions of who a customer is: number, digest of an address, telephone."""
    number = cells.identifier(layout.customer_id)
    if layout.no_customer:
        number = f"CASE WHEN NOT {cells.one_of(number, layout.no_customer)} THEN {number} END"
    # In the place of a number, an address is an address all the same.
    address = f"CASE WHEN {is_address(number)} THEN {number} END"
    return (
        f"{kept(number)} AS customer_number, {cells.shortened(layout.customer_id)} AS shortened, "
        f"coalesce({cells.digest(address)}, {cells.email_key()}) AS email_key, "
        f"{cells.text(layout.phone)} AS phone, CAST(NULL AS VARCHAR) AS phone_key"
    )


def _states(cells: Cells, layout: Layout) -> tuple[str, str]:
    """Return why a row's state leaves it out, and the state where nobody knows it."""
    cases, strange = [], []
    for status in layout.status:
        if not cells.has(status.column):
            continue
        value = cells.text(status.column)
        cases += [
            f"WHEN {cells.is_among(value, [wanted])} THEN {cells.bind(reason)}"
            for wanted, reason in status.drop.items()
        ]
        if status.keep:
            known = cells.is_among(value, [*status.keep, *status.drop])
            unknown = f"{value} IS NOT NULL AND NOT {known}"
            cases.append(f"WHEN {unknown} THEN 'status is not known'")
            title = cells.bind(status.column[0])
            strange.append(f"CASE WHEN {unknown} THEN concat({title}, ': ', {value}) END")
    nothing = "CAST(NULL AS VARCHAR)"
    return (
        f"CASE {' '.join(cases)} END" if cases else nothing,
        f"coalesce({', '.join(strange)})" if strange else nothing,
    )


def shape(text: str) -> str:
    """Return the expression of what a cell looks like, digits and letters hidden."""
    return _SHAPE.format(text)


def _meant(cells: Cells, layout: Layout, name: str, columns: Columns) -> str:
    """Return what the first cell means that means anything, by the layout's `values`."""
    meanings = layout.values.get(name, {})
    if name == "order_ids":
        return f"concat_ws(' ', {', '.join(cells.text((one,)) for one in columns)})"
    if not meanings:
        return cells.text(columns)
    texts = []
    for column in columns:
        text = cells.text((column,))
        cases = [
            f"WHEN {cells.one_of(text, [cell])} THEN nullif({cells.bind(mean)}, '')"
            for cell, mean in meanings.items()
            if cell != "*"
        ]
        if "*" in meanings:
            cases.append(f"WHEN {text} IS NOT NULL THEN nullif({cells.bind(meanings['*'])}, '')")
        texts.append(f"CASE {' '.join(cases)} ELSE {text} END")
    return f"coalesce({', '.join(texts)})"


def _read(
    connection: Workbench,
    cells: Cells,
    layout: Layout,
    column: Column,
    *,
    text: str,
    minor_units: int,
) -> tuple[str, str]:
    """Return the expression of a column's value, and why rows are left out that have none."""
    columns = _named(layout, column)
    blank = f"CASE WHEN {text} IS NOT NULL THEN {{}} END"
    if column.name == "event":
        known = f"lower(replace({text}, ' ', '_'))"
        return f"CASE WHEN {cells.one_of(known, EVENTS)} THEN {known} END", "event is not known"
    if column.name == "cycle_days":
        return _cycle(cells, layout), "cycle is no number of days"
    if column.kind == "timestamp":
        needed = column.name in required_of(layout.table) and column.name not in layout.values
        return blank.format(cells.moment(columns, needed=needed)), "a date is no date"
    if column.kind == "date":
        return _month(connection, cells, columns, text), "a date is no date"
    if column.name.endswith("_minor"):
        paid = column.name != "unit_cost_minor"  # what one piece costs may be finer
        amount = f"{cells.money(columns, paid=paid)} * {int(minor_units)}"
        whole = f"round({amount})"
        if column.name not in _ROUNDED:
            # What goes back is written with a minus here, without one there.
            whole = f"CASE WHEN {amount} = {whole} THEN abs({amount}) END"
        return blank.format(f"CAST({whole} AS BIGINT)"), "an amount is no amount of the currency"
    if column.kind == "integer":
        number = cells.money(columns)
        return f"CASE WHEN {number} = floor({number}) THEN {number} END", "a number is no number"
    if column.name == "product_id":
        return kept(_product(cells, columns, text)), "a number was shortened by a spreadsheet"
    if column.name.endswith("_id") and column.name not in layout.values:
        return kept(cells.identifier(columns)), "a number was shortened by a spreadsheet"
    needed = column.name in required_of(layout.table)
    return kept(text), "a required cell is an address" if needed else ""


def _product(cells: Cells, columns: Columns, text: str) -> str:
    """Return the product of a cell, or of the first one that is packed into it: code, or name."""
    number = cells.identifier(columns) if text == cells.text(columns) else text
    packed = f"split_part({text}, ';', 1)"
    named = cells.keyed(packed, ("sku", "name", "product_id"))
    return f"CASE WHEN contains({text}, '|') THEN {named} ELSE {number} END"


def _cycle(cells: Cells, layout: Layout) -> str:
    """Return the days of the first cell that says any; months where no cell does."""
    unit = cells.text(layout.cycle_unit) if cells.has(layout.cycle_unit) else ""
    days = [
        cycle_days(_meant(cells, layout, "cycle_days", (column,)), unit)
        for column in layout.columns.get("cycle_days", ())
        if cells.has((column,))
    ]
    if cells.has(layout.cycle_months):
        days.append(cycle_days(cells.text(layout.cycle_months), "'month'"))
    return f"coalesce({', '.join(days)})"


def _month(connection: Workbench, cells: Cells, columns: Columns, text: str) -> str:
    """Return the first day of the month that a cell names, or in which its day lies."""
    formats = ", ".join(map(cells.bind, _MONTH_FORMATS))
    of_month = f"CASE WHEN regexp_full_match({text}, '{_MONTHS}') THEN "
    of_month += f"try_strptime({text}, [{formats}]) END"
    count = f"SELECT count(*) FROM cells WHERE NOT regexp_full_match({text}, '{_MONTHS}')"  # noqa: S608
    ((others,),) = connection.execute(count, cells.used(count)).fetchall()
    day = f"coalesce({of_month}, {cells.moment(columns)})" if others else of_month
    return f"date_trunc('month', {day})"
