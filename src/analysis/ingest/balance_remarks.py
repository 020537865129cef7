"""What readers are told of what imports left out: money by reason, states nobody knows, columns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis.ingest.balance import file_name
from analysis.language import _, join_list, p_
from analysis.names import shown_name
from analysis.style import format_count, format_money

Entries = Sequence[Mapping[str, Any]]


def latest(entries: Entries) -> list[Mapping[str, Any]]:
    """Return the last balance of each file: one that comes again with more tells it all again.

    Args:
        entries: Balances as records keep them, the last ones at the end.
    """
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for entry in entries:
        key = entry["table"], file_name(entry.get("source") or "")
        found.pop(key, None)
        found[key] = entry
    return list(found.values())


def set_aside(entries: Entries, currency: str) -> list[str]:
    """Return a line for each reason for which orders were left out: how much they were worth.

    Args:
        entries: Balances as records keep them.
        currency: ISO code of the shop's currency.
    """
    minor: dict[str, int] = {}
    rows: dict[str, int] = {}
    for entry in latest(entries):
        for reason, amount in (entry.get("money_set_aside") or {}).items():
            minor[reason] = minor.get(reason, 0) + amount
            rows[reason] = rows.get(reason, 0) + (entry.get("reasons") or {}).get(reason, 0)
    return [
        _("{reason}: {amount} in {rows} rows").format(
            reason=p_("row set aside", reason),
            amount=format_money(amount, currency),
            rows=format_count(rows[reason]),
        )
        for reason, amount in sorted(minor.items(), key=lambda one: (-one[1], one[0]))
        if amount
    ]


def doubts(entries: Entries) -> Iterator[str]:
    """Yield what a person has to look at: states that nobody knows, and columns that are not read.

    Args:
        entries: Balances as records keep them.
    """
    for entry in latest(entries):
        decided = entry.get("decided") or ()
        unknown = {
            value: rows
            for reason, values in (entry.get("unknown") or {}).items()
            if reason not in decided
            for value, rows in values.items()
        }
        if unknown:
            yield _(
                "{file} has states that nobody knows, and their orders are left out: {states}. "
                "The shop's file can say which of them count."
            ).format(
                file=shown_name(entry["source"]),
                states=join_list(
                    _("{state} ({n})").format(state=shown_name(state), n=format_count(rows))
                    for state, rows in unknown.items()
                ),
            )
        if unread := entry.get("unread"):
            yield _(
                "{file} has columns that look like money, refunds or lines and are not read: "
                "{columns}. Does the shop's file have to name them?"
            ).format(file=shown_name(entry["source"]), columns=join_list(map(shown_name, unread)))
