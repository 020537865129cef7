"""The ledgers of campaigns beside a shop's tables: their rows join `assignments`."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from analysis.errors import DataError

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
    try:
        written = connection.read_parquet([str(file) for file in ledgers])
    except duckdb.Error as error:
        raise DataError(
            f"The ledgers in {ledgers[0].parent.name} cannot be read as parquet: "
            f"{str(error).splitlines()[0]}."
        ) from error
    written.create_view("written_assignments")
    if known:
        connection.execute("ALTER VIEW assignments RENAME TO imported_assignments")
    connection.execute(_BOTH if known else _WRITTEN)
    view = connection.table("assignments")
    return dict(zip(view.columns, (str(kind) for kind in view.types), strict=True))
