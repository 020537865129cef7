"""The one seam: whatever engine runs a reduction, the same frame comes out."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from analysis.engine.limits import ROW_LIMIT
from analysis.engine.refunds import TOTALS, UNTIL, as_known
from analysis.engine.statements import (
    counted_instead,
    enclosed,
    guarded,
    parameter_names,
    quoted,
    reduction,
)
from analysis.errors import DataError
from analysis.versions import Lease

if TYPE_CHECKING:
    from pandas import DataFrame

Tables = dict[str, dict[str, str]]


class Source(Protocol):
    """What an engine does: answer one statement in DuckDB's dialect, exactly as DuckDB would.

    Both methods take the reduction's name for their sentences, and raise DataError where a table
    or column is missing, may not be read, or the engine itself is gone.
    """

    def frame(self, name: str, statement: str, parameters: Mapping[str, Any]) -> "DataFrame":
        """Return all rows."""

    def row(self, name: str, statement: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the only row, as column name to value."""

    def close(self) -> None:
        """Let go of the connection."""


class Engine(NamedTuple):
    """A connection that can read one shop's tables and nothing else.

    Attributes:
        source: The engine behind it.
        tables: Table name to its columns, each column name to its type as DuckDB calls it.
        record: What the import recorded, as far as the engine knows it.
        row_limit: Rows that a reduction may return.
        lease: What keeps the files under the source from being removed, closed with it.
        refunds_until: The last day whose refunds are known; None where all of them are.
    """

    source: Source
    tables: Tables
    record: dict[str, Any]
    row_limit: int = ROW_LIMIT
    lease: Lease | None = None
    refunds_until: date | None = None

    def __repr__(self) -> str:
        # A notebook may show it: never what it is connected to.
        return f"Engine({type(self.source).__name__}, {len(self.tables)} tables)"

    def refund_totals(self) -> dict[str, Any]:
        """Return number, sum and last day of all refunds; nothing where there is no such table."""
        return self.source.row("refunds", TOTALS, {}) if "refunds" in self.tables else {}

    def as_known_on(self, day: date) -> "Engine":
        """Return the engine as one that knows of no refund after a day.

        Where the data hold no later one, which is most often, its statements stay as they are.
        """
        last_day = self.refund_totals().get("last_refund_day")
        return self._replace(refunds_until=day) if last_day and last_day > day else self

    def reduce(self, name: str, **parameters: Any) -> "DataFrame":
        """Run the reduction `sql/NAME.sql` and return its rows.

        Args:
            name: Name of the file without its ending.
            parameters: A value for each `$name` that the file mentions.

        Raises:
            ValueError: The parameters are not those that the file names.
            DataError: The shop lacks a table or column that the reduction reads, it would return
                more rows than allowed, or the engine cannot be reached any more.
        """
        statement = _statement(name, parameters)
        most = {"most_rows": self.row_limit + 1}
        frame = self.source.frame(name, *self._known(guarded(statement), {**parameters, **most}))
        if len(frame) > self.row_limit:
            raise DataError(_too_many(name, statement, self.row_limit))
        return frame

    def scalar(self, name: str, **parameters: Any) -> dict[str, Any]:
        """Run a reduction that returns one row, as column name to value, without pandas."""
        statement = enclosed(_statement(name, parameters))
        return self.source.row(name, *self._known(statement, parameters))

    def _known(self, select: str, parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return a SELECT and its parameters, with no later refund than those that are known."""
        known = as_known(select) if self.refunds_until else select
        until = {UNTIL: self.refunds_until} if known is not select else {}
        return known, {**parameters, **until}

    def filled(self, table: str, columns: Iterable[str]) -> set[str]:
        """Return those of some columns of a table that hold anything.

        Args:
            table: A table of this engine.
            columns: Columns asked about; those that the table lacks hold nothing.
        """
        present = [name for name in columns if name in self.tables[table]]
        counts = ", ".join(f"count({quoted(name)}) AS {quoted(name)}" for name in present)
        if not present:
            return set()
        # Only names that the engine itself told, and quoted: nothing here is a user's text.
        statement = f"SELECT {counts} FROM {quoted(table)}"  # noqa: S608
        row = self.source.row(table, statement, {})
        return {name for name, count in row.items() if count}

    def close(self) -> None:
        """Let go of the connection; nothing can be asked afterwards."""
        self.source.close()
        if self.lease:
            self.lease.close()


def _statement(name: str, parameters: Mapping[str, Any]) -> str:
    statement = reduction(name)
    named = parameter_names(statement)
    if named != set(parameters):
        raise ValueError(f"{name}.sql takes {sorted(named)}, given {sorted(parameters)}")
    return statement


def _too_many(name: str, statement: str, limit: int) -> str:
    other = counted_instead(statement)
    advice = (
        f"use the reduction '{other}', which counts how many share the same values"
        if other
        else "count by groups in a reduction of its own (GROUP BY what the answer needs) instead "
        "of returning the rows"
    )
    return (
        f"The reduction '{name}' would return more than {limit:,} rows: {advice}, "
        "or raise limits.rows in the shop's file."
    )
