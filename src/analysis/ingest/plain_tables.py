"""Tables whose rows are read one by one: subscriptions, messages, costs, products and the like.

A row is accepted or left out by itself. Of rows about the same thing (a subscription, a product, a
message) the one that stands further down, or in the file given later, counts; costs of the same
source and month add up within a file. What was accepted is kept for the next import.
"""

from pathlib import Path

from analysis.engine import Workbench
from analysis.ingest.cells import Cells
from analysis.ingest.identity import CUSTOMER
from analysis.ingest.judge_orders import shift_rows
from analysis.ingest.layouts import PLAIN_TABLES, Layout
from analysis.ingest.phones import add_phone_keys
from analysis.ingest.plain_cells import BESIDE_SUBSCRIPTIONS, staging
from analysis.ingest.plain_columns import columns_of
from analysis.schema import SQL_TYPES

# What a row is about: of several about the same, the latest counts.
_KEYS = {
    "products": "product_id",
    "subscriptions": "subscription_id",
    "subscription_events": "subscription_id, event_at, event",
    "contacts": "campaign_id, coalesce(customer_number, email_key, phone_key), sent_at",
    "costs": "source, month",
    "assignments": "campaign_id, coalesce(customer_number, email_key, phone_key)",
}
_PERSON = ("customer_number", "email_key", "phone_key")


def _kept_columns(table: str) -> dict[str, str]:
    """Return what is kept of a table's rows besides where they come from, and its types."""
    beside = BESIDE_SUBSCRIPTIONS if table == "subscriptions" else ()
    own = [column for column in columns_of(table) if column.name != "customer_id"]
    person = dict.fromkeys(_PERSON, "VARCHAR")
    return person | {column.name: SQL_TYPES[column.kind] for column in (*own, *beside)}


PREPARE = "".join(
    f"CREATE TABLE given_{table} (source_no INTEGER, row_no BIGINT, incoming BOOLEAN, "
    "origin VARCHAR, why VARCHAR, unknown VARCHAR, content VARCHAR, "
    f"{', '.join(f'{name} {kind}' for name, kind in _kept_columns(table).items())});\n"
    for table in PLAIN_TABLES
)

_TAKE = "INSERT INTO given_{table} BY NAME SELECT $source_no AS source_no, true AS incoming, "
_TAKE += "$origin AS origin, * FROM staged"

_KNOWN_BY_PHONE = """
UPDATE staged SET why = NULL WHERE why = 'no customer' AND phone_key IS NOT NULL
"""

# What is only planned has not happened by the day of the export.
_PLANNED = "UPDATE staged SET cancelled_at = NULL WHERE cancelled_at > $now"

_TAKE_REFUNDS = """
INSERT INTO refund_rows BY NAME
SELECT source_no, origin, incoming, order_id AS ref, false AS of_version, customer_number,
    email_key, phone_key, refunded_at, amount_minor, row_no AS place
FROM given_refunds WHERE source_no = $source_no AND incoming AND why IS NULL
"""

_LATEST = """
CREATE TABLE latest_{table} AS
SELECT * FROM given_{table} WHERE why IS NULL
QUALIFY {rank}() OVER (PARTITION BY {key} ORDER BY incoming DESC, source_no DESC{also}) = 1
"""

_TABLES = {
    "subscriptions": "CREATE TABLE subscriptions AS SELECT {columns}, "
    "CAST(NULL AS BOOLEAN) AS derived, CAST(NULL AS VARCHAR) AS cycle_certainty, "
    "CAST(NULL AS VARCHAR) AS start_certainty, CAST(NULL AS BIGINT) AS first_wait_days "
    "FROM latest_subscriptions AS once ORDER BY subscription_id",
    # A pause or cancellation that the list tells is an event, too, unless one of that day says so.
    "subscription_events": """
CREATE TABLE subscription_events AS
WITH listed AS (
    SELECT subscription_id, paused_at AS event_at, 'pause' AS event, pause_reason AS reason
    FROM latest_subscriptions WHERE paused_at IS NOT NULL
    UNION ALL
    SELECT subscription_id, cancelled_at, 'cancel', cancel_reason
    FROM latest_subscriptions WHERE cancelled_at IS NOT NULL
)
SELECT {columns} FROM latest_subscription_events
UNION ALL
SELECT {columns} FROM listed
WHERE (subscription_id, event, CAST(event_at AS DATE)) NOT IN (
    SELECT (subscription_id, event, CAST(event_at AS DATE)) FROM latest_subscription_events)
ORDER BY event_at, subscription_id, event
""",
    "contacts": "CREATE TABLE contacts AS SELECT {columns} FROM latest_contacts AS once "
    "ORDER BY sent_at, campaign_id, customer_id",
    "assignments": "CREATE TABLE assignments AS SELECT {columns} FROM latest_assignments AS once "
    "ORDER BY assigned_at, campaign_id, customer_id",
    "costs": "CREATE TABLE costs AS SELECT source, month, "
    "CAST(sum(cost_minor) AS BIGINT) AS cost_minor FROM latest_costs "
    "GROUP BY source, month ORDER BY month, source",
    "products": "CREATE TABLE all_products AS SELECT {columns} FROM latest_products "
    "UNION ALL BY NAME SELECT product_id, product_name FROM products "
    "ANTI JOIN latest_products USING (product_id) ORDER BY product_id; "
    "DROP TABLE products; ALTER TABLE all_products RENAME TO products",
}

_VERDICTS = """
INSERT INTO verdicts
SELECT '{table}', source_no, row_no, content, NULL,
    CASE WHEN why IS NOT NULL THEN why
        WHEN NOT EXISTS (FROM latest_{table} AS latest
            WHERE latest.source_no = given.source_no AND latest.row_no = given.row_no)
            THEN 'the row was exported again later'
        WHEN {incomplete} THEN 'no customer, start or cycle, and no order that tells it' END
FROM given_{table} AS given WHERE incoming
"""
_REFUND_VERDICTS = """
INSERT INTO verdicts
SELECT 'refunds', source_no, row_no, content, NULL, coalesce(why, lost.reason)
FROM given_refunds
LEFT JOIN (SELECT source_no, ref AS order_id, reason FROM lost_refunds) AS lost
    USING (source_no, order_id)
WHERE incoming
"""
_INCOMPLETE = "subscription_id NOT IN (SELECT subscription_id FROM subscriptions)"

_UNKNOWN = """
SELECT source_no, why, unknown, count(*) FROM given_{table}
WHERE incoming AND unknown IS NOT NULL GROUP BY source_no, why, unknown
QUALIFY row_number() OVER (PARTITION BY source_no, why ORDER BY count(*) DESC, unknown) <= 10
ORDER BY count(*) DESC, unknown
"""


def judge_plain(
    connection: Workbench, cells: Cells, layout: Layout, settings: dict[str, object]
) -> None:
    """Read a file into `staged`, and add its rows to the tables of the import.

    Args:
        connection: Where the tables of `PREPARE` and `refund_rows` are.
        cells: The cells of the file.
        layout: How they are to be read.
        settings: `source_no`, `origin`, `now`, `minor_units`, `key` and `region`, among others.
    """
    statement = staging(connection, cells, layout, minor_units=int(str(settings["minor_units"])))
    connection.execute(statement, cells.used(statement))
    shift_rows(connection, "staged")
    add_phone_keys(connection, "staged", key=settings["key"], region=settings["region"])
    connection.execute(_KNOWN_BY_PHONE)
    if layout.table == "subscriptions":
        connection.execute(_PLANNED, {"now": settings["now"]})
    connection.execute(
        _TAKE.format(table=layout.table), {name: settings[name] for name in ("source_no", "origin")}
    )
    if layout.table == "refunds":
        connection.execute(_TAKE_REFUNDS, {"source_no": settings["source_no"]})
    for table in ("staged", "cells"):
        connection.execute(f"DROP TABLE {table}")


def merge_plain(connection: Workbench) -> None:
    """Make the canonical tables of what all files of these tables tell, where they tell anything.

    Args:
        connection: Where `links` (see `identity`) and `products` of the orders' lines are; the
            latter is completed, and may be empty.
    """
    for table, key in _KEYS.items():
        costs = table == "costs"  # of which all rows of the file that counts add up
        connection.execute(
            _LATEST.format(
                table=table,
                key=key,
                rank="rank" if costs else "row_number",
                also="" if costs else ", row_no DESC",
            )
        )
    for table, statement in _TABLES.items():
        # The list of subscriptions tells of pauses, too.
        told = ("subscriptions", table) if table == "subscription_events" else (table,)
        if not any(connection.table(f"latest_{one}").limit(1).fetchall() for one in told):
            continue
        columns = ", ".join(
            f"{CUSTOMER.format('once')} AS customer_id" if c.name == "customer_id" else c.name
            for c in columns_of(table)
        )
        connection.execute(statement.format(columns=columns))
        if not connection.table(table).limit(1).fetchall():
            connection.execute(f"DROP TABLE {table}")


def add_verdicts(connection: Workbench) -> None:
    """Add to `verdicts` what became of every row of this import, once all tables are made."""
    present = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
    for table in _KEYS:
        incomplete = "false"
        if table == "subscriptions":
            incomplete = _INCOMPLETE if table in present else "true"
        connection.execute(_VERDICTS.format(table=table, incomplete=incomplete))
    connection.execute(_REFUND_VERDICTS)


def count_given(connection: Workbench) -> int:
    """Return how many rows of this import are of these tables, accepted or not."""
    count = "SELECT count(*) FROM given_{table} WHERE incoming"
    every = [connection.execute(count.format(table=table)).fetchall() for table in PLAIN_TABLES]
    return sum(rows for ((rows,),) in every)


def unknown_values(connection: Workbench) -> dict[int, dict[str, dict[str, int]]]:
    """Return of each file of this import, by its number: reason to unknown values, with rows."""
    found: dict[int, dict[str, dict[str, int]]] = {}
    for table in PLAIN_TABLES:
        for number, reason, value, rows in connection.execute(
            _UNKNOWN.format(table=table)
        ).fetchall():
            found.setdefault(number, {}).setdefault(reason, {})[value] = rows
    return found


def add_former(connection: Workbench, folder: Path, *, again: list[str]) -> None:
    """Add what earlier imports kept of these tables; see `merge.add_former`.

    Refunds are kept with those that orders tell.
    """
    for table in _KEYS:
        file = folder / "kept" / f"{table}.parquet"
        if file.exists():
            connection.execute(
                f"INSERT INTO given_{table} BY NAME "  # noqa: S608 a table of the contract
                "SELECT 0 AS source_no, CAST(row_number() OVER () AS BIGINT) AS row_no, "
                "false AS incoming, * FROM read_parquet($file) "
                "WHERE NOT list_contains($again, origin)",
                {"file": str(file), "again": again},
            )


def write_kept(connection: Workbench, kept: Path) -> None:
    """Write what the next import has to know of these tables into the folder of what is kept."""
    for table in _KEYS:
        columns = ", ".join(_kept_columns(table))
        rows = connection.sql(
            f"SELECT origin, {columns} FROM latest_{table}"  # noqa: S608 a table of the contract
        )
        if rows.limit(1).fetchall():
            rows.write_parquet(str(kept / f"{table}.parquet"))
