"""Opening a shop's tables by the name of a connection, and what is known of how they got there."""

import hashlib
import json
from pathlib import Path
from typing import Any

from analysis.engine.connections import find_connection
from analysis.engine.ledgers import Ledgers
from analysis.engine.limits import ResourceLimits
from analysis.engine.seam import Engine, Source, Tables

RECORD_TABLE = "import_record"
_RECORD = "SELECT imported_at, fingerprint, record FROM import_record"  # one row


def open_warehouse(
    connection: str,
    *,
    shop: str,
    limits: ResourceLimits,
    folder: Path | None = None,
    ledgers: Ledgers | None = None,
) -> Engine:
    """Open a shop's tables where a connection leads.

    The record comes from the table `import_record`, which `crm import --to` writes. Where there is
    none, its fingerprint is `totals_fingerprint`.

    Args:
        connection: Its name.
        shop: The shop's name.
        limits: How many rows a reduction may return.
        folder: The shop's parquet files on this machine, if any: what Spark reads unless the
            connection says otherwise.
        ledgers: Ledgers of campaigns on this machine, whose rows join the table
            `assignments`.

    Raises:
        ParameterError: There is no such connection, or its options are impossible.
        DataError: What it leads to cannot be reached or read.
    """
    where = find_connection(connection)
    source: Any
    if where.kind == "postgres":
        folder = None
        from analysis.engine.postgres import open_postgres

        source = open_postgres(where, shop=shop, ledgers=ledgers)
    else:
        from analysis.engine.spark import open_spark

        if "tables" in where.options or "schema" in where.options:
            folder = None
        source = open_spark(where, shop=shop, folder=folder, ledgers=ledgers)
    tables = {name: columns for name, columns in source.tables.items() if name != RECORD_TABLE}
    return Engine(source, tables, _record(source, source.tables, folder), limits.rows)


def _record(source: Source, tables: Tables, folder: Path | None) -> dict[str, Any]:
    if RECORD_TABLE in tables:
        row = source.row(RECORD_TABLE, _RECORD, {})
        return {**json.loads(row["record"]), **{k: row[k] for k in ("imported_at", "fingerprint")}}
    file = folder / "import.json" if folder else None
    if file and file.is_file():
        return json.loads(file.read_text(encoding="utf-8"))
    return {}


def totals_fingerprint(tables: Tables, totals: dict[str, Any]) -> str:
    """Return a fingerprint of tables that nobody recorded: of their columns and of their totals.

    It changes with a table, a column, the first or last day, and the number of customers, orders,
    refunds or money in total. Rows that are changed without changing any of these are not noticed.

    Args:
        tables: As `Engine.tables`.
        totals: What `sql/period.sql` says of all days, and `Engine.refund_totals`.

    >>> totals_fingerprint({"orders": {"order_id": "VARCHAR"}}, {"orders": 3})
    'totals-...'
    """
    text = json.dumps([tables, totals], sort_keys=True, default=str)
    return f"totals-{hashlib.sha256(text.encode()).hexdigest()}"
