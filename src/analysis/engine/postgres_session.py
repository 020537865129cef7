"""A session with PostgreSQL: how it is opened, and what it must be like before anything is read."""

import psycopg
from psycopg import sql

from analysis.engine.addresses import hide_quoted
from analysis.engine.connections import Connection
from analysis.errors import DataError, ParameterError

LOCK_TIMEOUT_S = 60
_STATEMENT_TIMEOUT_S = 600
_CONNECT_TIMEOUT_S = 10


def connect(where: Connection) -> "psycopg.Connection":
    """Connect, or say in one sentence why not, without an address.

    What the address leaves out comes from libpq's own variables and files: PGHOST, PGPASSFILE,
    PGSERVICE.

    Raises:
        DataError: The server cannot be reached or refuses.
    """
    defaults = {"connect_timeout": _CONNECT_TIMEOUT_S, "application_name": "crm"}
    try:
        given = psycopg.conninfo.conninfo_to_dict(where.url)
        missing = {key: value for key, value in defaults.items() if key not in given}
        return psycopg.connect(where.url, **missing)
    except psycopg.Error as error:
        raise DataError(
            f"Connection '{where.name}' cannot be opened: {hide_quoted(where.scrubbed(error))}. "
            "Check its address, and that the server runs."
        ) from None


def prepare(connection: "psycopg.Connection", where: Connection, schema: str) -> None:
    """Make the session one that can only read, and whose texts mean the same everywhere."""
    seconds = where.options.get("statement_timeout_s", str(_STATEMENT_TIMEOUT_S))
    if not seconds.isdigit():
        raise ParameterError(
            f"statement_timeout_s of connection '{where.name}' == '{seconds}', "
            "must be a whole number of seconds."
        )
    wanted = {
        "default_transaction_read_only": "on",
        "TimeZone": "UTC",
        "DateStyle": "ISO, YMD",
        "IntervalStyle": "postgres",
        "extra_float_digits": "1",
        "client_encoding": "UTF8",
        "statement_timeout": f"{int(seconds) * 1000}",
        "lock_timeout": f"{LOCK_TIMEOUT_S * 1000}",
        "search_path": sql.Identifier(schema).as_string(connection),
    }
    for setting, value in wanted.items():
        connection.execute("SELECT set_config(%s, %s, false)", (setting, value))
    connection.commit()
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    _confirm(connection, where)


def _confirm(connection: "psycopg.Connection", where: Connection) -> None:
    """Ask the server itself whether it took the settings: a pooler in between may drop them."""
    for setting, value in (("TimeZone", "UTC"), ("transaction_read_only", "on")):
        (found,) = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone() or ("",)
        if found != value:
            raise DataError(
                f"Connection '{where.name}' keeps {setting} == '{found}', must be '{value}': "
                "connect to the server itself, not through a pooler that shares sessions."
            )
    connection.rollback()
