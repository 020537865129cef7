"""What an import has to make of an export: rows accepted and set aside, and the money in them."""

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from analysis.demo.export.sheets import AGAIN, Cart, Sheet, by_fault
from analysis.engine import Workbench

EXPECTED = "expected.json"


class Expectation(NamedTuple):
    """What an import has to make of one file.

    Attributes:
        table: The canonical table that comes of it.
        reasons: Reason to set rows aside to their number, and '' for rows that are accepted.
        gross_minor: What the orders are worth that are accepted.
        refunds_minor: How much of that has gone back.
    """

    table: str
    reasons: Counter[str]
    gross_minor: int = 0
    refunds_minor: int = 0

    def plus(self, other: "Expectation") -> "Expectation":
        """Return what has to become of the rows of both, which are in the same file."""
        return Expectation(
            self.table,
            self.reasons + other.reasons,
            self.gross_minor + other.gross_minor,
            self.refunds_minor + other.refunds_minor,
        )


def expect(bench: Workbench, sheet: Sheet) -> Expectation:
    """Return what has to become of the rows of a file, which are in the table `rows`.

    The orders that the next file has again are set aside there: the file given later stands.
    """
    reasons: Counter[str] = Counter()
    gross = refunds = 0
    for fault, again, rows, worth, back in bench.sql(_counts(sheet)).fetchall():
        own = sheet.faults[fault].reason if fault else ""
        reason = own or (AGAIN if again else "")
        reasons[reason] += rows
        if not reason:
            gross, refunds = gross + worth, refunds + back
    return Expectation(sheet.table, reasons, gross, refunds)


def _counts(sheet: Sheet) -> str:
    if sheet.table != "orders":
        return f"SELECT fault, false, count(*), 0, 0 FROM ({sheet.source}) GROUP BY ALL"  # noqa: S608
    worth = by_fault({name: fault.worth for name, fault in sheet.faults.items()}, "amount_minor")
    back = by_fault({name: fault.back for name, fault in sheet.faults.items()}, "0")
    # An order's amount stands in as many rows as it has lines.
    return (
        "SELECT fault, again, count(*), "  # noqa: S608 - our own names
        f"CAST(coalesce(sum({worth}) FILTER (WHERE position = 1), 0) AS BIGINT), "
        f"CAST(coalesce(sum({back}) FILTER (WHERE position = 1), 0) AS BIGINT) "
        f"FROM ({sheet.source}) GROUP BY ALL"
    )


def write_expected(cart: Cart, folder: Path, found: dict[str, Expectation]) -> None:
    """Write what an import has to make of each file beside the files."""
    files = {name: _entry(expected) for name, expected in sorted(found.items())}
    text = json.dumps({"cart": cart.name, "files": files}, indent=2, ensure_ascii=False)
    (folder / EXPECTED).write_text(text + "\n", encoding="utf-8")


def _entry(expected: Expectation) -> dict[str, object]:
    counts = expected.reasons
    entry: dict[str, object] = {
        "table": expected.table,
        "rows_read": counts.total(),
        "rows_accepted": counts[""],
        "reasons": {reason: rows for reason, rows in sorted(counts.items()) if reason and rows},
    }
    if expected.table == "orders":
        entry |= {
            "gross_minor": expected.gross_minor,
            "refunds_minor": expected.refunds_minor,
            "net_minor": expected.gross_minor - expected.refunds_minor,
        }
    return entry
