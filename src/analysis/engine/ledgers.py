"""The ledgers of campaigns beside a shop's tables: their rows join `assignments`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from analysis.errors import DataError

if TYPE_CHECKING:
    import pyarrow

COLUMNS = {
    "campaign_id": "VARCHAR",
    "customer_id": "VARCHAR",
    "arm": "VARCHAR",
    "assigned_at": "TIMESTAMP",
}
WRITTEN = "written_assignments"

_WRITTEN = """
CREATE VIEW assignments AS
SELECT campaign_id, customer_id, arm, assigned_at FROM written_assignments
"""
_BOTH = """
CREATE VIEW assignments AS
SELECT campaign_id, customer_id, arm, assigned_at FROM written_assignments
UNION ALL
SELECT campaign_id, customer_id, arm, assigned_at
FROM imported_assignments
WHERE campaign_id NOT IN (SELECT DISTINCT campaign_id FROM written_assignments)
"""


def join_ledgers(
    connection: duckdb.DuckDBPyConnection, ledgers: Sequence[Path], *, known: bool
) -> dict[str, str]:
    """Let `assignments` hold the ledgers' rows, and return its columns with their types.

    Args:
        connection: With a view for each table of the shop.
        ledgers: Parquet files; of a campaign in both, their rows stand.
        known: Whether the shop has a view `assignments` of its own.

    Raises:
        DataError: A ledger is no parquet file.
    """
    _read(connection, ledgers).create_view(WRITTEN)
    if known:
        connection.execute("ALTER VIEW assignments RENAME TO imported_assignments")
    connection.execute(_BOTH if known else _WRITTEN)
    view = connection.table("assignments")
    return dict(zip(view.columns, (str(kind) for kind in view.types), strict=True))


def read_ledgers(ledgers: Sequence[Path]) -> "pyarrow.Table":
    """Return the ledgers' rows, for an engine that cannot read this machine's files.

    Raises:
        DataError: A ledger is no parquet file.
    """
    with duckdb.connect(":memory:") as connection:
        return _read(connection, ledgers).to_arrow_table()


def _read(
    connection: duckdb.DuckDBPyConnection, ledgers: Sequence[Path]
) -> duckdb.DuckDBPyRelation:
    columns = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in COLUMNS.items())
    try:
        return connection.read_parquet([str(file) for file in ledgers]).project(columns)
    except duckdb.Error as error:
        raise DataError(
            f"The ledgers in {ledgers[0].parent.name} cannot be read as parquet: "
            f"{str(error).splitlines()[0]}."
        ) from error
