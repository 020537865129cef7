"""The balance of an import: every row read is either accepted or set aside for a stated reason."""

from typing import Any, NamedTuple

from analysis.language import NP_

# Why the importers set rows aside, for pages in other languages; the words that a shop's own layout
# has for its states stand on pages as they are.
REASONS = (
    NP_("row set aside", "a line lacks product, quantity or price"),
    NP_("row set aside", "amount has more decimals than the currency"),
    NP_("row set aside", "amount is missing or negative"),
    NP_("row set aside", "amount is missing or no number"),
    NP_("row set aside", "amount is negative"),
    NP_("row set aside", "amount is no number"),
    NP_("row set aside", "amount is zero or negative"),
    NP_("row set aside", "cancelled"),
    NP_("row set aside", "currency is not the shop's"),
    NP_("row set aside", "date of registration is in the future"),
    NP_("row set aside", "date of registration is no date"),
    NP_("row set aside", "day is no date"),
    NP_("row set aside", "duplicate of an earlier row"),
    NP_("row set aside", "no customer"),
    NP_("row set aside", "no order number"),
    NP_("row set aside", "no order or no product"),
    NP_("row set aside", "no time"),
    NP_("row set aside", "not four or five columns"),
    NP_("row set aside", "order date is in the future"),
    NP_("row set aside", "order date is missing or no date"),
    NP_("row set aside", "order total does not match its lines"),
    NP_("row set aside", "quantity is zero"),
    NP_("row set aside", "refunded in full"),
    NP_("row set aside", "row is longer than 2,000,000 bytes"),
    NP_("row set aside", "rows of the order contradict each other"),
    NP_("row set aside", "status is not known"),
    NP_("row set aside", "the customer was exported again later"),
    NP_("row set aside", "the order was exported again later"),
    NP_("row set aside", "unpaid"),
)


class Balance(NamedTuple):
    """How many rows of a source became rows of a canonical table.

    Attributes:
        table: The canonical table that the rows were meant for.
        source: The file that the rows came from.
        rows_read: Rows in that file.
        rows_accepted: Rows that are in the table.
        rows_set_aside: Rows that are kept apart, with file, row number and reason.
        reasons: Reason to number of rows set aside for it.
    """

    table: str
    source: str
    rows_read: int
    rows_accepted: int
    rows_set_aside: int
    reasons: dict[str, int]


def settle(
    *, table: str, source: str, rows_read: int, rows_accepted: int, reasons: dict[str, int]
) -> Balance:
    """Return the balance of a table, and refuse one that does not add up.

    Raises:
        ArithmeticError: Rows were lost or counted twice, which is a fault of the importer.

    >>> settle(table="orders", source="a.csv", rows_read=3, rows_accepted=2, reasons={"no date": 1})
    Balance(table='orders', source='a.csv', rows_read=3, ..., reasons={'no date': 1})
    """
    set_aside = sum(reasons.values())
    if rows_read != rows_accepted + set_aside:
        raise ArithmeticError(
            f"{source}: {rows_read} rows read, but {rows_accepted} accepted "
            f"and {set_aside} set aside"
        )
    return Balance(table, source, rows_read, rows_accepted, set_aside, reasons)


def sentence(balance: dict[str, Any] | Balance) -> str:
    """Say a balance in one line.

    >>> sentence(Balance("orders", "a.csv", 3, 2, 1, {"no date": 1}))
    'orders from a.csv: 3 rows read = 2 accepted + 1 set aside (no date: 1)'
    """
    entry = balance if isinstance(balance, Balance) else Balance(**balance)
    reasons = "; ".join(f"{reason}: {rows:,}" for reason, rows in entry.reasons.items())
    return (
        f"{entry.table} from {entry.source}: {entry.rows_read:,} rows read = "
        f"{entry.rows_accepted:,} accepted + {entry.rows_set_aside:,} set aside"
        + (f" ({reasons})" if reasons else "")
    )
