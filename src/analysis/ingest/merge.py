"""Putting imports together: of every order and customer the latest export counts.

Which one is latest is told by time stamps: the export whose own of the order (paid, sent,
cancelled) are newest; among those, one that cancels it, or pays more back; then the one whose file
knows of the newest moment at all. Where no such time stamps are told, the file given later stands.
"""

from datetime import date
from pathlib import Path

from analysis.engine import Workbench
from analysis.ingest import judge_customers, judge_orders, listed_orders, plain_tables, refunds
from analysis.ingest.identity import CUSTOMER, counted, link_customers
from analysis.ingest.settle_refunds import settle_refunds
from analysis.ingest.subscriptions import derive_subscriptions

# The tables that files are read into, and what is known of the tables that they will replace.
PREPARE = (
    judge_orders.PREPARE
    + judge_customers.PREPARE
    + refunds.PREPARE
    + plain_tables.PREPARE
    + listed_orders.PREPARE
    + """
CREATE TABLE former_refunds (order_id VARCHAR, refunded_at TIMESTAMP, amount_minor BIGINT);
CREATE TABLE former_links (key VARCHAR, customer_id VARCHAR);
"""
)

_ORDER = (
    "order_id, origin, reason, state, moment, settled, refund_minor, horizon, content, "
    "customer_number, email_key, phone_key, ordered_at, gross_minor, amount_minor, purchase_type, "
    "subscription_id, subscription_order_no, source, coupon_code, discount_minor, channel"
)
_CUSTOMER = (
    "origin, reason, moment, horizon, customer_number, email_key, phone_key, registered_at, "
    "source, region, birth_year, email_optin, line_optin, sms_optin"
)
_REFUND = (
    "origin, ref, of_version, customer_number, email_key, phone_key, refunded_at, amount_minor, "
    "place"
)
_LINE = "order_id, line_no, product_id, product_name, quantity, amount_minor"

# Within a file an order comes once, so only those of this import can come again, and only those are
# put in order. What derived tables are made of is kept of those that lost, as it is compared with
# what won.
_BEATEN = """
CREATE TABLE beaten AS
SELECT
    order_id, source_no, incoming, reason, content, moment, settled, refund_minor, horizon,
    customer_number, email_key, phone_key, ordered_at, amount_minor, purchase_type
FROM versions
WHERE {several} AND order_id IN (SELECT order_id FROM versions WHERE incoming)
QUALIFY row_number() OVER (
    PARTITION BY order_id
    ORDER BY moment DESC NULLS LAST, settled DESC, refund_minor DESC, horizon DESC NULLS LAST,
        incoming DESC, source_no DESC) > 1;
CREATE VIEW kept_orders AS
SELECT * FROM versions ANTI JOIN beaten USING (order_id, source_no);
CREATE TABLE refused AS
SELECT source_no, order_id, incoming,
    coalesce(reason, 'the order was exported again later') AS reason
FROM versions
LEFT JOIN (SELECT order_id, source_no, true AS beaten FROM beaten) USING (source_no, order_id)
WHERE beaten OR reason IS NOT NULL;
CREATE TABLE kept_lines AS
SELECT
    order_id, CAST(row_number() OVER (PARTITION BY order_id ORDER BY row_no) AS BIGINT) AS line_no,
    product_id, product_name, quantity, amount_minor
FROM lines ANTI JOIN refused USING (order_id, source_no)
ORDER BY order_id, line_no;
"""

_ORDERS = """
CREATE TABLE orders AS
SELECT order_id,
    coalesce(customer_number, by_email.customer_id, email_key, by_phone.customer_id, phone_key)
        AS customer_id,
    ordered_at, amount_minor, purchase_type, subscription_id,
    subscription_order_no, source, coupon_code, discount_minor, channel
FROM kept_orders
LEFT JOIN links AS by_email ON by_email.key = email_key
LEFT JOIN links AS by_phone ON by_phone.key = phone_key
WHERE reason IS NULL
"""

_TABLES = """
CREATE OR REPLACE TABLE orders AS FROM orders ORDER BY ordered_at, order_id;
CREATE VIEW order_lines AS
SELECT order_id, line_no, product_id, quantity, amount_minor FROM kept_lines;
CREATE TABLE products AS
WITH named AS (
    SELECT product_id, min(product_name) AS name, max(product_name) AS other_name
    FROM kept_lines GROUP BY product_id
),
latest AS (
    SELECT product_id, max_by(product_name, (ordered_at, product_name)) AS latest_name
    FROM kept_lines JOIN kept_orders USING (order_id)
    WHERE product_id IN (SELECT product_id FROM named WHERE name <> other_name)
    GROUP BY product_id
)
SELECT product_id, coalesce(latest_name, name) AS product_name
FROM named LEFT JOIN latest USING (product_id) ORDER BY product_id;
CREATE TABLE kept_customers AS
SELECT customer_versions.*,
    coalesce(customer_number, by_email.customer_id, email_key, by_phone.customer_id, phone_key)
        AS customer_id
FROM customer_versions
LEFT JOIN links AS by_email ON by_email.key = email_key
LEFT JOIN links AS by_phone ON by_phone.key = phone_key
WHERE reason IS NULL
QUALIFY row_number() OVER (
    PARTITION BY coalesce(customer_number, by_email.customer_id, email_key, by_phone.customer_id,
        phone_key)
    ORDER BY moment DESC NULLS LAST, horizon DESC NULLS LAST, incoming DESC, source_no DESC,
        row_no DESC) = 1;
CREATE TABLE customers AS
SELECT customer_id, registered_at, source, region, birth_year, email_optin, line_optin, sms_optin
FROM kept_customers ORDER BY customer_id;
"""

_VERDICTS = """
CREATE TABLE verdicts AS
SELECT 'orders' AS table_name, source_no, row_no, order_rows.content, order_id,
    coalesce(order_rows.reason, refused.reason, lost.reason) AS reason
FROM order_rows LEFT JOIN (FROM refused WHERE incoming) AS refused USING (source_no, order_id)
LEFT JOIN (SELECT source_no, ref AS order_id, reason FROM lost_refunds) AS lost
    USING (source_no, order_id)
UNION ALL
SELECT 'customers', source_no, row_no, NULL, NULL,
    coalesce(customer_versions.reason,
        CASE WHEN kept.kept IS NULL THEN 'the customer was exported again later' END)
FROM customer_versions
LEFT JOIN (SELECT source_no, row_no, true AS kept FROM kept_customers) AS kept
    USING (source_no, row_no)
WHERE incoming
UNION ALL
SELECT table_name, source_no, row_no, NULL, NULL, reason FROM broken_rows
"""

# Only an order whose version of this import won can differ, and what it differs from has lost. The
# lines of an order are part of its content. Besides, a refund may have come or gone, or somebody
# may be known by another name.
_EARLIEST_CHANGE = """
SELECT CAST(min(day) AS DATE) FROM (
    SELECT least(
        CASE WHEN latest.reason IS NULL THEN latest.ordered_at END,
        CASE WHEN former.reason IS NULL THEN former.ordered_at END) AS day
    FROM (FROM kept_orders WHERE incoming) AS latest
    LEFT JOIN (FROM beaten WHERE NOT incoming) AS former USING (order_id)
    WHERE (latest.reason IS NULL) <> (former.order_id IS NOT NULL AND former.reason IS NULL)
        OR latest.content <> former.content
        OR latest.customer_number IS DISTINCT FROM former.customer_number
        OR latest.email_key IS DISTINCT FROM former.email_key
        OR latest.phone_key IS DISTINCT FROM former.phone_key
        OR latest.ordered_at <> former.ordered_at
        OR latest.amount_minor <> former.amount_minor
        OR latest.purchase_type IS DISTINCT FROM former.purchase_type
    UNION ALL
    SELECT ordered_at FROM orders SEMI JOIN changed_refunds USING (order_id)
    UNION ALL
    SELECT ordered_at FROM orders
    SEMI JOIN (FROM settled_refunds WHERE incoming AND refunded_at IS NULL) USING (order_id)
    UNION ALL
    SELECT ordered_at FROM kept_orders JOIN changed_links ON key = email_key OR key = phone_key
    UNION ALL
    SELECT ordered_at FROM orders SEMI JOIN changed_names USING (order_id)
)
"""
_CHANGES = """
CREATE TABLE changed_refunds AS
(SELECT order_id, refunded_at, amount_minor FROM refunds
    EXCEPT ALL SELECT order_id, refunded_at, amount_minor FROM former_refunds)
UNION ALL
(SELECT order_id, refunded_at, amount_minor FROM former_refunds
    EXCEPT ALL SELECT order_id, refunded_at, amount_minor FROM refunds);
CREATE TABLE changed_links AS
SELECT DISTINCT key FROM (
    (FROM links EXCEPT FROM former_links) UNION ALL (FROM former_links EXCEPT FROM links));
"""
# Exports of an order that differ, and no time stamp tells which is newer.
_IN_DOUBT = """
SELECT count(DISTINCT order_id) FROM beaten JOIN kept_orders AS latest USING (order_id)
WHERE latest.incoming AND latest.content <> beaten.content
    AND latest.moment IS NOT DISTINCT FROM beaten.moment AND latest.settled = beaten.settled
    AND latest.refund_minor IS NOT DISTINCT FROM beaten.refund_minor
    AND latest.horizon IS NOT DISTINCT FROM beaten.horizon
"""


def add_former(connection: Workbench, folder: Path, *, again: list[str]) -> None:
    """Add what earlier imports kept, from the folder of the current tables.

    Args:
        connection: Where the tables of this import are.
        folder: The current tables.
        again: Digests of the files of this import; what was kept of them is read anew, so that
            a corrected shop file takes effect.
    """
    kept = folder / "kept"
    for name, into, columns in (
        ("orders", "versions", f"0 AS source_no, {_ORDER}"),
        ("refunds", "refund_rows", f"0 AS source_no, {_REFUND}"),
        (
            "customers",
            "customer_versions",
            f"0 AS source_no, CAST(row_number() OVER () AS BIGINT) AS row_no, {_CUSTOMER}",
        ),
    ):
        if (file := kept / f"{name}.parquet").exists():
            connection.execute(
                f"INSERT INTO {into} BY NAME SELECT false AS incoming, {columns} "  # noqa: S608
                "FROM read_parquet($file) WHERE NOT list_contains($again, origin)",
                {"file": str(file), "again": again},
            )
    if (file := kept / "lines.parquet").exists():
        connection.execute(
            "INSERT INTO lines BY NAME SELECT 0 AS source_no, line_no AS row_no, "
            "order_id, product_id, product_name, quantity, amount_minor FROM read_parquet($file) "
            "WHERE order_id IN (SELECT order_id FROM versions WHERE NOT incoming)",
            {"file": str(file)},
        )
    for name, columns, file in (
        ("former_refunds", "order_id, refunded_at, amount_minor", folder / "refunds.parquet"),
        ("former_links", "key, customer_id", kept / "links.parquet"),
    ):
        if file.exists():
            connection.execute(
                f"INSERT INTO {name} SELECT {columns} FROM read_parquet($file)",  # noqa: S608
                {"file": str(file)},
            )
    plain_tables.add_former(connection, folder, again=again)
    listed_orders.add_former(connection, folder)


def choose_versions(connection: Workbench) -> None:
    """Tell which version of each order counts: `kept_orders`, `kept_lines` and `refused`."""
    ((first, last),) = connection.execute(
        "SELECT min(source_no), max(source_no) FROM versions"
    ).fetchall()
    connection.execute(_BEATEN.format(several=first != last))


def merge(connection: Workbench) -> tuple[str, ...]:
    """Make the canonical tables, and `verdicts`: what became of every row of this import.

    Returns:
        What a reader of the balance should know.
    """
    choose_versions(connection)
    link_customers(connection)
    connection.execute(_ORDERS)
    placed = settle_refunds(connection, customer=CUSTOMER.format("once"))
    for statements in (_CHANGES, _TABLES):
        connection.execute(statements)
    plain_tables.merge_plain(connection)
    derived = (*listed_orders.name_orders(connection), *derive_subscriptions(connection))
    connection.execute(_VERDICTS)
    plain_tables.add_verdicts(connection)
    ((in_doubt,),) = connection.execute(_IN_DOUBT).fetchall()
    notes = [counted(connection)] if connection.table("orders").limit(1).fetchall() else []
    if placed:
        notes.append(
            f"{placed:,} refunds without the number of an order were taken from the customer's "
            "latest order before them that bears them"
        )
    if in_doubt:
        notes.append(
            f"{in_doubt:,} orders are in several files and no time stamp tells which is newer: the "
            "file given later stands"
        )
    for kind, table in (
        ("VIEW", "order_lines"),
        ("TABLE", "products"),
        ("TABLE", "customers"),
        ("TABLE", "refunds"),
    ):
        if not connection.table(table).limit(1).fetchall():
            connection.execute(f"DROP {kind} {table}")
    return (*notes, *derived)


def earliest_change(connection: Workbench) -> date:
    """Return the first day of whose orders one is new, gone or another than in the former tables.

    Only orders of this import can differ, those that money went back of, and those of somebody who
    is known by another name now. An order that moves to another day changes both days. Where
    nothing changed, it is the last day there is.
    """
    ((day,),) = connection.execute(_EARLIEST_CHANGE).fetchall()
    return day or date.max


def write_kept(connection: Workbench, folder: Path) -> None:
    """Write what the next import has to know: the latest export of everything seen so far."""
    kept = folder / "kept"
    kept.mkdir()
    for name, columns, rows in (
        ("orders", _ORDER, "kept_orders"),
        ("lines", _LINE, "kept_lines"),
        ("customers", _CUSTOMER, "kept_customers"),
        ("refunds", _REFUND, "kept_refund_rows"),
        ("links", "key, customer_id", "links"),
    ):
        relation = connection.sql(f"SELECT {columns} FROM {rows}")  # noqa: S608
        relation.write_parquet(str(kept / f"{name}.parquet"))
    plain_tables.write_kept(connection, kept)
    listed_orders.write_kept(connection, kept)
