"""The ledgers of campaigns in a session with PostgreSQL: a temporary table that it alone sees."""

import psycopg
from psycopg import errors, sql

from analysis.engine.connections import Connection
from analysis.engine.ledgers import COLUMNS, WRITTEN, Ledgers, read_ledgers
from analysis.errors import DataError

_TYPES = {"VARCHAR": 'text COLLATE "C"', "TIMESTAMP": "timestamp"}


def bring(connection: "psycopg.Connection", where: Connection, ledgers: Ledgers) -> None:
    """Copy the ledgers' rows into a temporary table, before the session can only read.

    Raises:
        DataError: A ledger cannot be read, or the role may have no temporary tables.
    """
    rows = read_ledgers(ledgers)
    columns = ", ".join(f"{name} {_TYPES[kind]}" for name, kind in COLUMNS.items())
    try:
        # A role that only reads may write what is its own session's: it has to say so.
        connection.read_only = False
        connection.execute(f"CREATE TEMPORARY TABLE {WRITTEN} ({columns})")
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY pg_temp.{WRITTEN} FROM STDIN") as copy,
        ):
            for batch in rows.to_batches(max_chunksize=10_000):
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    copy.write_row(row)
        connection.commit()
    except (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction):
        raise DataError(
            f"The ledgers of campaigns cannot be taken to connection '{where.name}': "
            "GRANT TEMPORARY ON DATABASE to its role, on a server that is no read-only copy."
        ) from None
    except psycopg.Error as error:
        raise DataError(
            f"The ledgers of campaigns cannot be taken to connection '{where.name}': "
            f"{where.scrubbed(error)}"
        ) from None


def joined(schema: str, *, known: bool) -> str:
    """Return the SELECT to read instead of `assignments`: of a campaign in both, the ledger's rows.

    Args:
        schema: The shop's schema.
        known: Whether it has a table `assignments` of its own.

    >>> joined("demo", known=False)
    'SELECT campaign_id, customer_id, arm, assigned_at FROM pg_temp.written_assignments'
    """
    written = f"SELECT {', '.join(COLUMNS)} FROM pg_temp.{WRITTEN}"  # noqa: S608 our own names
    if not known:
        return written
    columns = ", ".join(
        f'{name} COLLATE "C" AS {name}' if kind == "VARCHAR" else name
        for name, kind in COLUMNS.items()
    )
    imported = sql.Identifier(schema, "assignments").as_string()
    return (
        f"{written} UNION ALL SELECT {columns} FROM {imported} "  # noqa: S608 quoted
        f"WHERE NOT campaign_id IN (SELECT campaign_id FROM pg_temp.{WRITTEN})"
    )
