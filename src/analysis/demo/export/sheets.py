"""What a cart's export looks like: its files, their columns, and what may be wrong in a row."""

from typing import NamedTuple

AGAIN = "the order was exported again later"


class Fault(NamedTuple):
    """Something that real exports have, planted in copies of orders or customers.

    Attributes:
        reason: Why an import sets its rows aside; empty where it has to accept them.
        cells: Column to the SQL expression that stands there instead of the usual one.
    """

    reason: str
    cells: dict[str, str]


class Sheet(NamedTuple):
    """A file of an export.

    Attributes:
        table: The canonical table that comes of it, also the name of the file.
        header: The columns as the cart writes them; a column that comes twice stands here twice.
        cells: Column to SQL expression over the rows of `sales`; a second column of the same name
            is `NAME (2)`, and one that is not here stays blank.
        faults: Name of a fault to what it does to a row.
        where: Which orders or customers the cart writes.
        source: The rows of the file, made of the table `rows`.
    """

    table: str
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


def statement(sheet: Sheet) -> str:
    """Return the SELECT that writes a sheet's cells from the table `rows`, in the cart's order."""
    return f"SELECT {', '.join(_cell(sheet, name) for name in number_repeats(sheet.header))}"


def _cell(sheet: Sheet, column: str) -> str:
    usual = sheet.cells.get(column, "NULL")
    cases = " ".join(
        f"WHEN '{name}' THEN CAST({fault.cells[column]} AS VARCHAR)"
        for name, fault in sheet.faults.items()
        if column in fault.cells
    )
    text = f"CAST({usual} AS VARCHAR)"
    # An empty text would be written as a pair of quotes.
    return f"nullif(CASE fault {cases} ELSE {text} END, '')" if cases else f"nullif({text}, '')"
