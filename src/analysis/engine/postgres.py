"""PostgreSQL as a source: one read-only transaction over one schema, from opening to closing."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
from psycopg import errors, sql
from pyarrow import csv

from analysis.engine.connections import Connection
from analysis.engine.dialects import translate
from analysis.engine.ledgers import COLUMNS, Ledgers
from analysis.engine.optional import completed, empty_columns, lacking
from analysis.engine.postgres_ledgers import bring, joined
from analysis.engine.postgres_session import LOCK_TIMEOUT_S, connect, prepare
from analysis.engine.refunds import stored
from analysis.engine.results import Mirror, Types
from analysis.engine.seam import Tables
from analysis.errors import DataError
from analysis.schema import Column

if TYPE_CHECKING:
    from pandas import DataFrame

# What each is called in DuckDB. Another type keeps its own name, which the contract refuses.
_TYPES = {
    "text": "VARCHAR",
    "character varying": "VARCHAR",
    "character": "VARCHAR",
    "bigint": "BIGINT",
    "integer": "INTEGER",
    "smallint": "SMALLINT",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
    "date": "DATE",
    "boolean": "BOOLEAN",
    "double precision": "DOUBLE",
    "real": "FLOAT",
    "numeric": "DECIMAL(18,3)",
}

_TABLES = """
SELECT c.relname, c.relkind IN ('r', 'p', 'v'), has_table_privilege(c.oid, 'SELECT')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY c.relname
"""

# Of each column also whether texts sort by their bytes. Before version 15 a database had no
# provider of locales to name.
_COLUMNS = """
SELECT
    c.relname, a.attname, pg_catalog.format_type(a.atttypid, NULL),
    coalesce(l.collname, '') IN ('', 'C', 'POSIX', 'ucs_basic')
    OR (l.collname = 'default' AND d.datcollate IN ('C', 'POSIX')
        AND coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
JOIN pg_catalog.pg_database d ON d.datname = current_database()
LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
WHERE n.nspname = %(schema)s AND c.relname = ANY(%(tables)s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
"""


class PostgreSQL:
    """PostgreSQL as a source of rows.

    Attributes:
        connection: In one REPEATABLE READ, READ ONLY transaction: every reduction sees the same
            snapshot, and the locks it holds keep the tables from being replaced under it.
        tables: As `Engine.tables`.
    """

    def __init__(
        self,
        connection: "psycopg.Connection",
        where: Connection,
        schema: str,
        *,
        has_ledgers: bool = False,
    ) -> None:
        self.connection = connection
        self._where = where
        self._schema = schema
        with self._told("tables"):
            self.tables, self._sorted_by_locale = self._pin()
        stand_ins = dict(self._read_instead())
        if has_ledgers:
            known = "assignments" in self.tables
            stand_ins["assignments"] = joined(schema, known=known)
            self.tables["assignments"] = dict(COLUMNS)
        self._mirror = Mirror(completed(self.tables))
        self._stand_ins = tuple(stand_ins.items())

    def frame(self, name: str, statement: str, parameters: Mapping[str, Any]) -> "DataFrame":
        """Return all rows."""
        types = self._mirror.types(name, statement, parameters)
        return self._mirror.frame(self._copy(name, statement, parameters, types), types)

    def row(self, name: str, statement: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the only row, as column name to value."""
        types = self._mirror.types(name, statement, parameters)
        return self._mirror.row(self._copy(name, statement, parameters, types), types)

    def close(self) -> None:
        """End the transaction and the connection."""
        self.connection.close()
        self._mirror.close()

    def _pin(self) -> tuple[Tables, dict[str, list[str]]]:
        """Lock the tables against being replaced, then read what they consist of.

        The locks come before the snapshot, which the first SELECT takes: a table replaced in
        between would be seen empty.
        """
        cursor = self.connection.execute(_TABLES, {"schema": self._schema})
        found = cursor.fetchall()
        self.connection.rollback()
        self._require(found)
        lockable = [name for name, can_lock, _ in found if can_lock]
        if lockable:
            names = sql.SQL(", ").join(sql.Identifier(self._schema, name) for name in lockable)
            self.connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(names))
        tables: Tables = {}
        by_locale: dict[str, list[str]] = {}
        asked = {"schema": self._schema, "tables": [name for name, *_ in found]}
        for table, column, kind, is_bytewise in self.connection.execute(_COLUMNS, asked):
            tables.setdefault(table, {})[column] = _TYPES.get(kind, kind)
            if not is_bytewise:
                by_locale.setdefault(table, []).append(column)
        return tables, by_locale

    def _require(self, found: list[tuple[str, bool, bool]]) -> None:
        where, schema = self._where.name, self._schema
        if not found:
            raise DataError(
                f"Connection '{where}' shows no tables in schema '{schema}': load them with "
                f"`crm import --to`, or GRANT USAGE ON SCHEMA {schema} to its role."
            )
        for name, _, is_readable in found:
            if not is_readable:
                raise DataError(
                    f"The role of connection '{where}' may not read table '{name}' of schema "
                    f"'{schema}': GRANT SELECT ON ALL TABLES IN SCHEMA {schema} to it."
                )

    def _copy(
        self, name: str, statement: str, parameters: Mapping[str, Any], types: Types
    ) -> "pa.Table":
        """Return the rows of a statement as texts, read as one stream."""
        translated = translate(statement, "postgres", self._stand_ins)
        query = f"COPY ({translated}) TO STDOUT (FORMAT csv)"
        with (
            self._told(name),
            # A savepoint: after an error, the next reduction finds the transaction usable.
            self.connection.transaction(),
            self.connection.cursor() as cursor,
            # Without any parameter, psycopg would not read a doubled percent sign as one.
            cursor.copy(query, dict(parameters) or {"none": None}) as copy,
        ):
            stream = io.BufferedReader(_Stream(iter(copy)))
            if not stream.peek(1):
                return pa.table({name: pa.array([], pa.string()) for name in types})
            return csv.read_csv(
                stream,
                read_options=csv.ReadOptions(column_names=list(types), use_threads=False),
                parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
                convert_options=csv.ConvertOptions(
                    column_types=dict.fromkeys(types, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )

    def _read_instead(self) -> tuple[tuple[str, str], ...]:
        """Return the SELECT to read instead of a table that differs from the contract.

        Texts that the database sorts by its locale sort by their bytes: the order of ids differs
        between locales. Columns that a table may lack and does read as empty. Some tables have a
        second name.
        """
        absent = lacking(self.tables)
        again = stored(self.tables)
        wanted = {table: table for table in sorted({*self._sorted_by_locale, *absent})}
        wanted |= {second_name: table for table, second_name in again.items()}
        return tuple(
            (name, self._stand_in(table, absent.get(table, ()))) for name, table in wanted.items()
        )

    def _stand_in(self, table: str, absent: tuple[Column, ...]) -> str:
        by_locale = self._sorted_by_locale.get(table, [])
        columns = [
            sql.SQL('{0} COLLATE "C" AS {0}').format(sql.Identifier(column))
            if column in by_locale
            else sql.Identifier(column)
            for column in self.tables.get(table, {})
        ]
        columns += [sql.SQL(expression) for expression in empty_columns(absent)]
        listed = sql.SQL(", ").join(columns)
        if table not in self.tables:
            return sql.SQL("SELECT {} WHERE false").format(listed).as_string(self.connection)
        name = sql.Identifier(self._schema, table)
        return sql.SQL("SELECT {} FROM {}").format(listed, name).as_string(self.connection)

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Turn what the server or the network says into a sentence without an address."""
        where = self._where.name
        try:
            yield
        except errors.QueryCanceled:
            raise DataError(
                f"The reduction '{name}' took longer than the server allows: raise "
                f"statement_timeout_s of connection '{where}'."
            ) from None
        except errors.LockNotAvailable:
            raise DataError(
                f"The tables of schema '{self._schema}' are being replaced for longer than "
                f"{LOCK_TIMEOUT_S} s: run the report again."
            ) from None
        except (errors.UndefinedTable, errors.UndefinedColumn, errors.InsufficientPrivilege) as no:
            raise DataError(
                f"The reduction '{name}' cannot run on connection '{where}': "
                f"{self._where.scrubbed(no)}"
            ) from None
        except (psycopg.OperationalError, psycopg.InterfaceError) as no:
            raise DataError(
                f"Connection '{where}' was lost while '{name}' was read: "
                f"{self._where.scrubbed(no)}. Run the report again."
            ) from None
        except psycopg.Error as no:
            raise DataError(
                f"The reduction '{name}' failed on connection '{where}': {self._where.scrubbed(no)}"
            ) from None


class _Stream(io.RawIOBase):
    """The blocks of a COPY as one file to read."""

    def __init__(self, blocks: Iterator[memoryview | bytes]) -> None:
        super().__init__()
        self._blocks = blocks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def open_postgres(where: Connection, *, shop: str, ledgers: Ledgers | None = None) -> PostgreSQL:
    """Open a shop's schema for reading.

    Args:
        where: The connection.
        shop: The shop's name, which stands for `{shop}` in the option `schema`.
        ledgers: Those whose rows join the table `assignments`, for this session alone.

    Raises:
        ParameterError: An option is impossible.
        DataError: The server cannot be reached or refuses, or there are no tables.
    """
    schema = where.option("schema", "{shop}", shop=shop)
    connection = connect(where)
    try:
        if ledgers:
            bring(connection, where, ledgers)
        prepare(connection, where, schema)
        return PostgreSQL(connection, where, schema, has_ledgers=bool(ledgers))
    except BaseException:
        connection.close()
        raise
