"""What came back from another engine, made into what DuckDB itself would have returned.

DuckDB knows the columns and types of every reduction without a row: it binds the statement over
empty tables of the same columns. What another engine returned is cast to these, so a frame has the
same names and dtypes whatever computed it, and a missing table or column is told in the same words.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from analysis.engine.duckdb import OFFLINE, refusal
from analysis.engine.frames import frame_of
from analysis.engine.refunds import stored
from analysis.engine.seam import Tables
from analysis.engine.statements import quoted
from analysis.errors import DataError

if TYPE_CHECKING:
    from pandas import DataFrame
    from pyarrow import Table

Types = dict[str, str]


class Mirror:
    """DuckDB with the columns of an engine's tables and none of their rows."""

    def __init__(self, tables: Tables) -> None:
        # One thread keeps the rows in their order.
        self._connection = duckdb.connect(":memory:", config={**OFFLINE, "threads": 1})
        again = {second_name: tables[name] for name, second_name in stored(tables).items()}
        for table, columns in {**tables, **again}.items():
            listed = ", ".join(
                f"{quoted(name)} {_mirrored(kind)}" for name, kind in columns.items()
            )
            self._connection.execute(f"CREATE TABLE {quoted(table)} ({listed})")

    def types(self, name: str, statement: str, parameters: Mapping[str, Any]) -> Types:
        """Return the columns of a statement's result, with their types.

        Raises:
            DataError: A table or column that it reads is missing.
        """
        try:
            result = self._connection.sql(statement, params=dict(parameters))
        except duckdb.Error as error:
            raise refusal(name, error) from error
        kinds = (str(kind) for kind in result.types)
        return dict(zip(result.columns, kinds, strict=True))

    def frame(self, rows: "Table", types: Types) -> "DataFrame":
        """Return rows as the frame that DuckDB would have returned."""
        return frame_of(self._cast(rows, types))

    def row(self, rows: "Table", types: Types) -> dict[str, Any]:
        """Return the only row, as column name to value."""
        (row,) = self._cast(rows, types).fetchall()
        return dict(zip(types, row, strict=True))

    def close(self) -> None:
        """Let go of the memory."""
        self._connection.close()

    def _cast(self, rows: "Table", types: Types) -> duckdb.DuckDBPyRelation:
        if list(types) != rows.column_names:
            raise DataError(f"columns {rows.column_names} came back, must be {list(types)}.")
        casts = (
            f"CAST({quoted(name)} AS {kind}) AS {quoted(name)}" for name, kind in types.items()
        )
        return self._connection.from_arrow(rows).project(", ".join(casts))


def _mirrored(kind: str) -> str:
    # DuckDB's types are in capitals. Another engine's own type is none of the contract's, and no
    # reduction reads it.
    return kind if kind == kind.upper() else "VARCHAR"
