"""The ledgers of campaigns beside a shop's tables: their rows join `assignments`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

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
# Who was assigned under two names was treated as the first of them says.
_NAMED = """
SELECT campaign_id, coalesce(name, customer_id) AS customer_id, arm, assigned_at FROM named
QUALIFY row_number() OVER (
    PARTITION BY campaign_id, coalesce(name, customer_id) ORDER BY assigned_at, customer_id) = 1
"""


class Ledgers(NamedTuple):
    """The ledgers of a shop's campaigns, on this machine.

    Attributes:
        files: Parquet files, one for each batch of assignments.
        names: Parquet file of `key` and `customer_id`: who was assigned under the digest of an
            address or telephone, and has become known by another name since.
    """

    files: Sequence[Path] = ()
    names: Path | None = None

    def __bool__(self) -> bool:
        """Tell whether anybody was assigned."""
        return bool(self.files)


def join_ledgers(
    connection: duckdb.DuckDBPyConnection, ledgers: Ledgers, *, known: bool
) -> dict[str, str]:
    """Let `assignments` hold the ledgers' rows, and return its columns with their types.

    Args:
        connection: With a view for each table of the shop.
        ledgers: Of a campaign in both, their rows stand.
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


def read_ledgers(ledgers: Ledgers) -> "pyarrow.Table":
    """Return the ledgers' rows, for an engine that cannot read this machine's files.

    Raises:
        DataError: A ledger is no parquet file.
    """
    with duckdb.connect(":memory:") as connection:
        return _read(connection, ledgers).to_arrow_table()


def _read(connection: duckdb.DuckDBPyConnection, ledgers: Ledgers) -> duckdb.DuckDBPyRelation:
    columns = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in COLUMNS.items())
    try:
        rows = connection.read_parquet([str(file) for file in ledgers.files]).project(columns)
        if not ledgers.names:
            return rows
        names = connection.read_parquet(str(ledgers.names)).project("key, customer_id AS name")
        return rows.join(names, "customer_id = key", how="left").query("named", _NAMED)
    except duckdb.Error as error:
        raise DataError(
            f"The ledgers in {ledgers.files[0].parent.name} cannot be read as parquet: "
            f"{str(error).splitlines()[0]}."
        ) from error
