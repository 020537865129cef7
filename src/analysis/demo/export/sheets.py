"""What a cart's export looks like: its files, their columns, and what may be wrong in a row."""

from typing import Literal, NamedTuple

AGAIN = "the order was exported again later"


class Fault(NamedTuple):
    """Something that real exports have, planted in copies of orders or customers.

    Attributes:
        reason: Why an import sets its rows aside; empty where it has to accept them.
        cells: Column to the SQL expression that stands there instead of the usual one.
        worth: What an order that is accepted is worth before refunds, as SQL.
        back: How much of that has gone back to the customer, as SQL.
    """

    reason: str
    cells: dict[str, str]
    worth: str = "amount_minor"
    back: str = "0"


class Sheet(NamedTuple):
    """A file of an export.

    Attributes:
        table: The canonical table that comes of it, also the name of the file.
        header: The columns as the cart writes them; a column that comes twice stands here twice.
        cells: Column to SQL expression over the rows of the table; a second column of the same
            name is `NAME (2)`, and one that is not here stays blank.
        faults: Name of a fault to what it does to a row.
        where: Which orders, customers or subscriptions the cart writes.
        source: The rows of the file, made of the table `rows`.
    """

    table: Literal["orders", "customers", "subscriptions"]
    header: tuple[str, ...]
    cells: dict[str, str]
    faults: dict[str, Fault]
    where: str = "true"
    source: str = "FROM rows"


class Cart(NamedTuple):
    """A cart, as it exports by default.

    Attributes:
        name: Its name.
        encoding: How its files are encoded.
        line_end: What ends a row.
        sheets: Its files.
    """

    name: str
    encoding: str
    line_end: str
    sheets: tuple[Sheet, ...]


def number_repeats(header: tuple[str, ...]) -> list[str]:
    """Return names for the columns by which the repeated ones are told apart.

    >>> number_repeats(("A", "B", "A"))
    ['A', 'B', 'A (2)']
    """
    seen: dict[str, int] = {}
    names = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def by_fault(faults: dict[str, str], usual: str) -> str:
    """Return the SQL expression that is one thing for rows with a fault and another for the rest.

    >>> by_fault({"tip": "amount_minor + 200"}, "amount_minor")
    "CASE fault WHEN 'tip' THEN amount_minor + 200 ELSE amount_minor END"
    """
    cases = " ".join(f"WHEN '{name}' THEN {expression}" for name, expression in faults.items())
    return f"CASE fault {cases} ELSE {usual} END" if cases else usual


def statement(sheet: Sheet) -> str:
    """Return the SELECT that writes a sheet's cells from the table `rows`, in the cart's order."""
    return f"SELECT {', '.join(_cell(sheet, name) for name in number_repeats(sheet.header))}"


def _cell(sheet: Sheet, column: str) -> str:
    faults = {
        name: f"CAST({fault.cells[column]} AS VARCHAR)"
        for name, fault in sheet.faults.items()
        if column in fault.cells
    }
    usual = f"CAST({sheet.cells.get(column, 'NULL')} AS VARCHAR)"
    # An empty text would be written as a pair of quotes.
    return f"nullif({by_fault(faults, usual)}, '')"
