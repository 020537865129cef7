"""Loading a shop's tables into PostgreSQL: all of them in one transaction, or nothing."""

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg import errors, sql
from pyarrow import csv

from analysis.engine.connections import Connection, require_postgres
from analysis.engine.duckdb import OFFLINE
from analysis.engine.postgres_session import connect
from analysis.errors import DataError
from analysis.schema import TABLES, Column, Kind

_TYPES: dict[Kind, str] = {
    # By their bytes, as on every other engine, whatever the locale of the database.
    "text": 'text COLLATE "C"',
    "timestamp": "timestamp",
    "date": "date",
    "integer": "bigint",
    "flag": "boolean",
}

# What tells the rows of a table apart. Derived tables are ordered by theirs, too.
_KEYS: dict[str, tuple[str, ...]] = {
    "orders": ("order_id",),
    "order_lines": ("order_id", "line_no"),
    "products": ("product_id",),
    "customers": ("customer_id",),
    "subscriptions": ("subscription_id",),
    "assignments": ("campaign_id", "customer_id"),
    "customer_day": ("customer_no", "day", "purchase_type"),
    "baskets": ("order_no", "product_no"),
    "customer_keys": ("customer_no",),
    "product_keys": ("product_no",),
}

_RECORD_COLUMNS = (
    Column("imported_at", "text", required=True),
    Column("fingerprint", "text", required=True),
    Column("record", "text", required=True),
)
_BATCH_ROWS = 100_000
_LOCK_TIMEOUT_S = 300


def load_shop(name: str, connection: str, *, folder: Path) -> dict[str, int]:
    """Load a shop's parquet files into its schema in PostgreSQL, in place of what is there.

    The tables are written beside the former ones and take their place in the same transaction:
    a reader sees either all of the former or all of the new ones, and after an error the former
    stay. Readers at work are waited for.

    Args:
        name: The shop.
        connection: Name of a connection whose role may create schemas.
        folder: The shop's current parquet files.

    Returns:
        Table name to number of rows.

    Raises:
        ParameterError: There is no such connection.
        DataError: The server cannot be reached or refuses, or rows break the contract.
    """
    where = require_postgres(connection)
    schema = where.option("schema", "{shop}", shop=name)
    try:
        with connect(where) as link, duckdb.connect(":memory:", config=OFFLINE) as reader:
            counts = _load(link, reader, schema=schema, folder=folder, where=where)
    except errors.UniqueViolation as error:
        raise DataError(
            f"Table '{error.diag.table_name}' of shop '{name}' has two rows of the same key, and "
            f"cannot be loaded: {error.diag.message_detail} The former tables stay."
        ) from None
    except errors.LockNotAvailable:
        raise DataError(
            f"Reports have been reading schema '{schema}' for {_LOCK_TIMEOUT_S} s: load shop "
            f"'{name}' again when they are done. The former tables stay."
        ) from None
    except psycopg.Error as error:
        raise DataError(
            f"Shop '{name}' cannot be loaded into connection '{connection}': "
            f"{where.scrubbed(error)}. The former tables stay."
        ) from None
    return counts


def _load(
    link: psycopg.Connection,
    reader: duckdb.DuckDBPyConnection,
    *,
    schema: str,
    folder: Path,
    where: Connection,
) -> dict[str, int]:
    fresh = f"{schema}__new"
    # Two loads of the same shop wait for each other instead of colliding.
    link.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"crm:{schema}",))
    link.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(fresh)))
    link.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(fresh)))
    counts = {}
    for table, columns in TABLES.items():
        file = folder / f"{table}.parquet"
        if file.exists():
            counts[table] = _load_table(link, _rows(reader, file), fresh, table, columns)
    _load_record(link, fresh, folder)
    _grant(link, fresh, where)
    _replace(link, schema, fresh)
    return counts


def _rows(reader: duckdb.DuckDBPyConnection, file: Path) -> duckdb.DuckDBPyRelation:
    return reader.read_parquet(str(file / "*" if file.is_dir() else file))


def _load_table(
    link: psycopg.Connection,
    rows: duckdb.DuckDBPyRelation,
    schema: str,
    table: str,
    columns: tuple[Column, ...],
) -> int:
    present = [column for column in columns if column.name in rows.columns]
    name = sql.Identifier(schema, table)
    _create(link, name, present)
    listed = sql.SQL(", ").join(sql.Identifier(column.name) for column in present)
    order = _KEYS.get(table, ())
    wanted = rows.project(", ".join(f'"{column.name}"' for column in present))
    with link.cursor() as cursor:
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(name, listed)
        with cursor.copy(statement) as copy:
            for block in _blocks(wanted):
                copy.write(block)
        count = cursor.rowcount
    if order:
        key = sql.SQL(", ").join(map(sql.Identifier, order))
        link.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(name, key))
    link.execute(sql.SQL("ANALYZE {}").format(name))
    return count


def _create(link: psycopg.Connection, name: sql.Identifier, columns: list[Column]) -> None:
    listed = sql.SQL(", ").join(
        sql.SQL("{} {}{}").format(
            sql.Identifier(column.name),
            sql.SQL(_TYPES[column.kind]),
            sql.SQL(" NOT NULL" if column.required else ""),
        )
        for column in columns
    )
    link.execute(sql.SQL("CREATE TABLE {} ({})").format(name, listed))


def _blocks(rows: duckdb.DuckDBPyRelation) -> Iterator[bytes]:
    """Yield rows as CSV in which a missing value is empty and an empty text is quoted."""
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    for batch in rows.arrow(_BATCH_ROWS):
        block = io.BytesIO()
        csv.write_csv(batch, block, options)
        yield block.getvalue()


def _load_record(link: psycopg.Connection, schema: str, folder: Path) -> None:
    record: Mapping[str, Any] = json.loads((folder / "import.json").read_text(encoding="utf-8"))
    name = sql.Identifier(schema, "import_record")
    _create(link, name, list(_RECORD_COLUMNS))
    link.execute(
        sql.SQL("INSERT INTO {} VALUES (%s, %s, %s)").format(name),
        (record["imported_at"], record["fingerprint"], json.dumps(record)),
    )


def _grant(link: psycopg.Connection, schema: str, where: Connection) -> None:
    reader = where.options.get("reader")
    if not reader:
        return
    names = {"schema": sql.Identifier(schema), "reader": sql.Identifier(reader)}
    for grant in (
        "GRANT USAGE ON SCHEMA {schema} TO {reader}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}",
    ):
        link.execute(sql.SQL(grant).format(**names))


def _replace(link: psycopg.Connection, schema: str, fresh: str) -> None:
    """Drop the former tables and give the new ones their name, when no report reads them.

    Locks are taken in the order in which readers take theirs, so that none waits for another that
    waits for it.
    """
    link.execute("SELECT set_config('lock_timeout', %s, true)", (f"{_LOCK_TIMEOUT_S * 1000}",))
    former = link.execute(
        "SELECT relname FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p') "
        "AND relnamespace = to_regnamespace(%s) ORDER BY relname",
        (sql.Identifier(schema).as_string(link),),
    ).fetchall()
    if former:
        names = sql.SQL(", ").join(sql.Identifier(schema, name) for (name,) in former)
        link.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))
    link.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
    link.execute(
        sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(
            sql.Identifier(fresh), sql.Identifier(schema)
        )
    )
