"""Orders that are wrong in the file: each has to be set aside, or the file refused, and why."""

import random
from typing import NamedTuple

from tests.ingest.world.own_file import Group, Row


class Fault(NamedTuple):
    """What is wrong, and the words that a reason has to hold."""

    name: str
    cells: dict[str, str]
    reason: str


FAULTS = (
    Fault("no customer", {"customer": "", "mail": "", "phone": ""}, r"no customer"),
    Fault("error for a customer", {"customer": "#N/A", "mail": "#N/A"}, r"no customer"),
    Fault("no date", {"date": ""}, r"date"),
    Fault("impossible date", {"date": "0000-00-00 00:00:00"}, r"date"),
    Fault("word for a date", {"date": "n/a"}, r"date"),
    Fault("early date", {"date": "1970-01-01"}, r"date|before|1970"),
    Fault("no amount", {"total": ""}, r"amount"),
    Fault("word for an amount", {"total": "see invoice"}, r"amount|number"),
    Fault("unknown state", {"state": "half-way"}, r"status|state"),
    Fault("other currency", {"currency": "CHF"}, r"currency"),
)


def draw_fault(rng: random.Random, columns: set[str], *, keeps: bool) -> Fault:
    """Draw a fault of some column that the file has.

    Args:
        rng: Where chance comes from.
        columns: What its columns mean.
        keeps: Whether the mapping says which states count, so that any other is unknown.
    """
    fitting = [
        fault
        for fault in FAULTS
        if fault.cells.keys() & columns and (keeps or "state" not in fault.cells)
    ]
    return rng.choice(fitting)


def spoil(group: Group, fault: Fault) -> None:
    """Write a fault into every row of an order that holds the cell."""
    for row in group.rows:
        _overwrite(row, fault)


def _overwrite(row: Row, fault: Fault) -> None:
    for column, text in fault.cells.items():
        if column in row:
            row[column] = text
