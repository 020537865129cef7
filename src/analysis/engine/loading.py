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
from analysis.versions import RECORD

_TYPES: dict[Kind, str] = {
    # By their bytes, as on every other engine, whatever the locale of the database.
    "text": 'text COLLATE "C"',
    "timestamp": "timestamp",
    "date": "date",
    "integer": "bigint",
    "decimal": "numeric(18,3)",
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
    Column("shop", "text", required=True),
)

# What somebody may have put into a schema, indexes and types aside, which belong to these.
_RELATIONS = """
SELECT relname FROM pg_catalog.pg_class
WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND relnamespace = to_regnamespace(%s)
ORDER BY relname
"""
_READERS = """
SELECT c.relname, r.rolname
FROM pg_catalog.pg_class AS c
CROSS JOIN LATERAL aclexplode(c.relacl) AS granted
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = granted.grantee
WHERE c.relkind = 'r' AND c.relnamespace = to_regnamespace(%s)
    AND granted.privilege_type = 'SELECT' AND granted.grantee <> c.relowner
ORDER BY c.relname, r.rolname
"""
_BATCH_ROWS = 100_000
_LOCK_TIMEOUT_S = 300


def load_shop(name: str, connection: str, *, folder: Path) -> dict[str, int]:
    """Load a shop's parquet files into its schema in PostgreSQL, in place of its former tables.

    The tables are written beside the former ones and take their place in the same transaction:
    a reader sees either all of the former or all of the new ones, and after an error the former
    stay. Readers at work are waited for. Whoever could read a former table can read the new one.

    Args:
        name: The shop.
        connection: Name of a connection whose role may create schemas.
        folder: The shop's current parquet files.

    Returns:
        Table name to number of rows.

    Raises:
        ParameterError: There is no such connection.
        DataError: The server cannot be reached or refuses, rows break the contract, or the schema
            holds anything but tables of this shop that were loaded in this way.
    """
    where = require_postgres(connection)
    schema = where.option("schema", "{shop}", shop=name)
    record = _record(name, folder)
    try:
        with connect(where) as link, duckdb.connect(":memory:", config=OFFLINE) as reader:
            counts = _load(link, reader, schema=schema, folder=folder, where=where, record=record)
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
    except errors.DependentObjectsStillExist as error:
        raise DataError(
            f"The tables in schema '{schema}' cannot be replaced while something is made of them "
            f"({where.scrubbed(error.diag.message_detail)}): drop that, load shop '{name}', and "
            "make it again. The former tables stay."
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
    record: Mapping[str, str],
) -> dict[str, int]:
    fresh = f"{schema}__new"
    # Two loads of the same shop wait for each other instead of colliding.
    link.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"crm:{schema}",))
    former = _former(link, schema, shop=record["shop"])
    link.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(fresh)))
    counts = {}
    for table, columns in TABLES.items():
        file = folder / f"{table}.parquet"
        if file.exists():
            counts[table] = _load_table(link, _rows(reader, file), fresh, table, columns)
    _load_record(link, fresh, record)
    _replace(link, schema, fresh, former, [*counts, "import_record"])
    _grant(link, schema, where)
    return counts


def _record(name: str, folder: Path) -> dict[str, str]:
    """Return the row of `import_record`."""
    file = folder / RECORD
    if not file.is_file():
        raise DataError(f"The tables of shop '{name}' lack {RECORD}: import the shop again.")
    record: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return {
        "imported_at": record["imported_at"],
        "fingerprint": record["fingerprint"],
        "record": json.dumps(record),
        "shop": name,
    }


def _former(link: psycopg.Connection, schema: str, *, shop: str) -> list[str]:
    """Return the tables in a schema, if all of them are this shop's and were loaded from here."""
    found = [name for (name,) in link.execute(_RELATIONS, (_quoted(link, schema),)).fetchall()]
    loaded = "import_record" in found
    others = [name for name in found if not loaded or name not in (*TABLES, "import_record")]
    advice = "name another one in the connection's option `schema`, in which {shop} may stand"
    if others:
        raise DataError(
            f"Schema '{schema}' holds what `crm import --to` did not write there "
            f"({', '.join(others)}): {advice}. Nothing was changed."
        )
    if loaded:
        # A row of its own: tables that an older version loaded do not tell their shop.
        statement = sql.SQL("SELECT to_jsonb(row) ->> 'shop' FROM {} AS row").format(
            sql.Identifier(schema, "import_record")
        )
        ((owner,),) = link.execute(statement).fetchall() or [(None,)]
        if owner not in (None, shop):
            raise DataError(
                f"Schema '{schema}' holds the tables of shop '{owner}', not of '{shop}': {advice}. "
                "Nothing was changed."
            )
    return found


def _quoted(link: psycopg.Connection, schema: str) -> str:
    return sql.Identifier(schema).as_string(link)


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


def _load_record(link: psycopg.Connection, schema: str, record: Mapping[str, str]) -> None:
    name = sql.Identifier(schema, "import_record")
    _create(link, name, list(_RECORD_COLUMNS))
    values = [record[column.name] for column in _RECORD_COLUMNS]
    link.execute(sql.SQL("INSERT INTO {} VALUES (%s, %s, %s, %s)").format(name), values)


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


def _replace(
    link: psycopg.Connection, schema: str, fresh: str, former: list[str], tables: list[str]
) -> None:
    """Put the new tables in the place of the former ones, when no report reads those.

    Locks are taken in the order in which readers take theirs, so that none waits for another that
    waits for it.
    """
    link.execute("SELECT set_config('lock_timeout', %s, true)", (f"{_LOCK_TIMEOUT_S * 1000}",))
    link.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
    readers = link.execute(_READERS, (_quoted(link, schema),)).fetchall()
    if former:
        names = sql.SQL(", ").join(sql.Identifier(schema, name) for name in former)
        link.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))
        link.execute(sql.SQL("DROP TABLE {}").format(names))
    for table in tables:
        link.execute(
            sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(
                sql.Identifier(fresh, table), sql.Identifier(schema)
            )
        )
    link.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(fresh)))
    for table, role in readers:
        if table in tables:
            link.execute(
                sql.SQL("GRANT SELECT ON {} TO {}").format(
                    sql.Identifier(schema, table),
                    sql.Identifier(role) if role else sql.SQL("PUBLIC"),
                )
            )
