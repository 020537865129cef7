"""The balance of an import: every row read is either accepted or set aside for a stated reason."""

import re
from typing import Any, NamedTuple

from analysis.language import NP_
from analysis.money import decimals_of

# Why the importers set rows aside, for pages in other languages; the words that a shop's own layout
# has for its states stand on pages as they are.
REASONS = (
    NP_("row set aside", "a line lacks product, quantity or price"),
    NP_("row set aside", "a date is no date"),
    NP_("row set aside", "a number is no number"),
    NP_("row set aside", "a number was shortened by a spreadsheet"),
    NP_("row set aside", "a refund of no known order lacks customer or day"),
    NP_("row set aside", "a required cell is an address"),
    NP_("row set aside", "a required cell is blank"),
    NP_("row set aside", "a row below the table"),
    NP_("row set aside", "a row of totals"),
    NP_("row set aside", "an amount is no amount of the currency"),
    NP_("row set aside", "an amount of the order is no number"),
    NP_("row set aside", "amount has more decimals than the currency"),
    NP_("row set aside", "amount is missing or negative"),
    NP_("row set aside", "amount is missing or no number"),
    NP_("row set aside", "amount is negative"),
    NP_("row set aside", "amount is no number"),
    NP_("row set aside", "amount is zero or negative"),
    NP_("row set aside", "cancelled"),
    NP_("row set aside", "currency is not the shop's"),
    NP_("row set aside", "customer number was shortened by a spreadsheet"),
    NP_("row set aside", "cycle is no number of days"),
    NP_("row set aside", "date of registration is in the future"),
    NP_("row set aside", "date of registration is no date"),
    NP_("row set aside", "day is no date"),
    NP_("row set aside", "duplicate of an earlier row"),
    NP_("row set aside", "event is not known"),
    NP_("row set aside", "no customer"),
    NP_("row set aside", "no customer, start or cycle, and no order that tells it"),
    NP_("row set aside", "no order number"),
    NP_("row set aside", "no order or no product"),
    NP_("row set aside", "no time"),
    NP_("row set aside", "not four or five columns"),
    NP_("row set aside", "not sold there"),
    NP_("row set aside", "order date is in the future"),
    NP_("row set aside", "only gift cards or deposits, no sale yet"),
    NP_("row set aside", "order date is missing or no date"),
    NP_("row set aside", "order date is too early to be true"),
    NP_("row set aside", "order number was shortened by a spreadsheet"),
    NP_("row set aside", "order total does not match its lines"),
    NP_("row set aside", "product number was shortened by a spreadsheet"),
    NP_("row set aside", "quantity is zero"),
    NP_("row set aside", "refunded in full"),
    NP_("row set aside", "row has another number of cells, or an open quote"),
    NP_("row set aside", "row is longer than 2,000,000 bytes"),
    NP_("row set aside", "rows of the order contradict each other"),
    NP_("row set aside", "status is not known"),
    NP_("row set aside", "test order"),
    NP_("row set aside", "the customer was exported again later"),
    NP_("row set aside", "the order was exported again later"),
    NP_("row set aside", "the row was exported again later"),
    NP_("row set aside", "unpaid"),
)


# What is set aside because it is known what it is: nobody has to look at it.
DECIDED = (
    "a row below the table", "a row of totals", "amount is zero or negative",
    "duplicate of an earlier row",
    "only gift cards or deposits, no sale yet", "refunded in full",
    "the customer was exported again later", "the order was exported again later",
    "the row was exported again later",
)  # fmt: skip


# What an import adds to the name of a file that came before with other content.
_VERSION = re.compile(r" \([0-9a-f]{8}\)$")


class Balance(NamedTuple):
    """How many rows and how much money of a source went into a canonical table.

    Attributes:
        table: The canonical table that the rows were meant for.
        source: The file that the rows came from.
        rows_read: Rows in that file.
        rows_accepted: Rows that are in the table.
        rows_set_aside: Rows that are kept apart, with file, row number and reason.
        reasons: Reason to number of rows set aside for it.
        gross_minor: What the accepted orders were worth when they were paid.
        refunds_minor: What of it went back; the rest is net.
        money_set_aside: Reason to what its orders were worth, as far as that can be read.
        unknown: Reason to the states that led to it, each with its orders.
        decided: Reasons that a rule of the format decided, such as cancelled.
        months: Month, such as `2024-03`, to gross and refunds of its orders.
        notes: How columns were read, and what else a reader should know, in sentences.
        unread: Columns that look like money, refunds or lines and were not read.
    """

    table: str
    source: str
    rows_read: int
    rows_accepted: int
    rows_set_aside: int
    reasons: dict[str, int]
    gross_minor: int = 0
    refunds_minor: int = 0
    money_set_aside: dict[str, int] = {}  # noqa: RUF012 never changed
    unknown: dict[str, dict[str, int]] = {}  # noqa: RUF012 never changed
    decided: tuple[str, ...] = ()
    months: dict[str, tuple[int, int]] = {}  # noqa: RUF012 never changed
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def settle(
    *,
    table: str,
    source: str,
    rows_read: int,
    rows_accepted: int,
    reasons: dict[str, int],
    **more: Any,
) -> Balance:
    """Return the balance of a table, and refuse one that does not add up.

    Raises:
        ArithmeticError: Rows were lost or counted twice, which is a fault of the importer.

    >>> settle(table="orders", source="a.csv", rows_read=3, rows_accepted=2, reasons={"no date": 1})
    Balance(table='orders', source='a.csv', rows_read=3, ..., reasons={'no date': 1}, ...)
    """
    set_aside = sum(reasons.values())
    if rows_read != rows_accepted + set_aside:
        raise ArithmeticError(
            f"{source}: {rows_read} rows read, but {rows_accepted} accepted "
            f"and {set_aside} set aside"
        )
    return Balance(table, source, rows_read, rows_accepted, set_aside, reasons, **more)


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


def details(balance: Balance, currency: str) -> list[str]:
    """Say what a balance tells besides its rows: money, unknown values, and how cells were read."""
    lines = []
    if balance.gross_minor or balance.refunds_minor:
        net = balance.gross_minor - balance.refunds_minor
        lines.append(
            f"{written(balance.gross_minor, currency)} gross - "
            f"{written(balance.refunds_minor, currency)} refunds = "
            f"{written(net, currency)} net"
        )
    for reason, minor in balance.money_set_aside.items():
        lines.append(f"set aside, {reason}: {written(minor, currency)}")
    for reason, values in balance.unknown.items():
        listed = ", ".join(f"{value} ({rows:,})" for value, rows in values.items())
        lines.append(f"{reason}: {listed}")
    if balance.unread:
        lines.append(f"not read, though they may matter: {', '.join(balance.unread)}")
    return [*lines, *balance.notes]


def written(minor: int, currency: str) -> str:
    """Return an amount to the minor unit.

    >>> written(123450, "EUR"), written(-1980, "JPY")
    ('EUR 1,234.50', 'JPY -1,980')
    """
    decimals = decimals_of(currency)
    return f"{currency} {minor / 10**decimals:,.{decimals}f}"


def file_name(source: str) -> str:
    """Return the name of a file, whichever version of it a balance speaks of.

    >>> file_name("orders.csv (0a1b2c3d)")
    'orders.csv'
    """
    return _VERSION.sub("", source)
