"""What tables lack of the contract reads as empty, so that one reduction fits all shops."""

from collections.abc import Mapping

from analysis.engine.seam import Tables
from analysis.schema import SQL_TYPES, TABLES, Column

# A shop whose export knows of no such events is read like one in which none happened.
EMPTY_IF_ABSENT = ("subscription_events", "refunds")


def lacking(tables: Mapping[str, Mapping[str, str]]) -> dict[str, tuple[Column, ...]]:
    """Return the columns to be read as empty, by table.

    Args:
        tables: What there is: table name to its columns.

    Returns:
        Optional columns that a table lacks, and every column of a table that is empty if absent.

    >>> [column.name for column in lacking({})["subscription_events"]]
    ['subscription_id', 'event_at', 'event', 'reason']
    """
    found = {}
    for name, columns in TABLES.items():
        if name in tables:
            absent = [c for c in columns if not c.required and c.name not in tables[name]]
        else:
            absent = list(columns) if name in EMPTY_IF_ABSENT else []
        if absent:
            found[name] = tuple(absent)
    return found


def completed(tables: Tables) -> Tables:
    """Return the tables as reductions see them: with the columns that read as empty."""
    added = lacking(tables)
    return {
        name: {**tables.get(name, {}), **{c.name: SQL_TYPES[c.kind] for c in added.get(name, ())}}
        for name in (*tables, *(name for name in added if name not in tables))
    }


def empty_columns(columns: tuple[Column, ...], types: Mapping[str, str] | None = None) -> list[str]:
    """Return an expression without a value for each column.

    Args:
        columns: Columns of the contract, so that no name needs quoting.
        types: What an engine calls a type, where it is not as DuckDB does.

    >>> empty_columns((Column("cycle_days", "integer"),))
    ['CAST(NULL AS BIGINT) AS cycle_days']
    """
    called = types or {}
    return [
        f"CAST(NULL AS {called.get(kind := SQL_TYPES[column.kind], kind)}) AS {column.name}"
        for column in columns
    ]
