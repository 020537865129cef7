"""Putting imports together: of every order and customer the latest export counts.

Which one is latest is told by content alone, so that files may come in any order and again: the
export whose own time stamps of the order (paid, sent, cancelled) are newest; among those, one that
cancels it, or pays more back; then the one whose file knows of the newest moment at all; then, as
nothing else tells them apart, the one whose content sorts last.
"""

from datetime import date
from pathlib import Path

from analysis.engine import Workbench

_ORDER = (
    "order_id, origin, reason, moment, settled, refund_minor, horizon, content, customer_id, "
    "ordered_at, amount_minor, purchase_type, subscription_id, subscription_order_no, source, "
    "coupon_code, discount_minor, channel"
)
_CUSTOMER = (
    "origin, reason, moment, horizon, content, customer_id, registered_at, source, region, "
    "birth_year, email_optin, line_optin, sms_optin"
)

# Most orders come once: only those that come again are put in order. What derived tables are made
# of is kept of those that lost, as it is compared with what won.
_BEATEN = """
CREATE TABLE beaten AS
SELECT
    order_id, source_no, block, incoming, reason, content, customer_id, ordered_at, amount_minor,
    purchase_type
FROM versions
WHERE order_id IN (SELECT order_id FROM versions GROUP BY order_id HAVING count(*) > 1)
QUALIFY row_number() OVER (
    PARTITION BY order_id
    ORDER BY moment DESC NULLS LAST, settled DESC, refund_minor DESC, horizon DESC NULLS LAST,
        content DESC, incoming DESC, source_no DESC, block DESC) > 1;
CREATE VIEW kept_orders AS
SELECT * FROM versions ANTI JOIN beaten USING (order_id, source_no, block);
CREATE TABLE refused AS
SELECT source_no, order_id, block, incoming,
    coalesce(reason, 'the order was exported again later') AS reason
FROM versions
LEFT JOIN (SELECT order_id, source_no, block, true AS beaten FROM beaten)
    USING (source_no, order_id, block)
WHERE beaten OR reason IS NOT NULL;
CREATE TABLE kept_lines AS
SELECT
    order_id, CAST(row_number() OVER (PARTITION BY order_id ORDER BY row_no) AS BIGINT) AS line_no,
    product_id, product_name, quantity, amount_minor
FROM lines ANTI JOIN refused USING (order_id, source_no, block)
ORDER BY order_id, line_no;
"""

_TABLES = """
CREATE TABLE orders AS
SELECT order_id, customer_id, ordered_at, amount_minor, purchase_type, subscription_id,
    subscription_order_no, source, coupon_code, discount_minor, channel
FROM kept_orders WHERE reason IS NULL ORDER BY ordered_at, order_id;
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
SELECT * FROM customer_versions WHERE reason IS NULL
QUALIFY row_number() OVER (
    PARTITION BY customer_id
    ORDER BY moment DESC NULLS LAST, horizon DESC NULLS LAST, content DESC, incoming DESC,
        source_no DESC, row_no DESC) = 1;
CREATE TABLE customers AS
SELECT customer_id, registered_at, source, region, birth_year, email_optin, line_optin, sms_optin
FROM kept_customers ORDER BY customer_id;
"""

_VERDICTS = """
CREATE TABLE verdicts AS
SELECT 'orders' AS table_name, source_no, row_no, order_rows.content, order_id,
    coalesce(order_rows.reason, refused.reason) AS reason
FROM order_rows LEFT JOIN (FROM refused WHERE incoming) AS refused
    USING (source_no, order_id, block)
UNION ALL
SELECT 'customers', source_no, row_no, NULL, NULL,
    coalesce(customer_versions.reason,
        CASE WHEN kept.customer_id IS NULL THEN 'the customer was exported again later' END)
FROM customer_versions
LEFT JOIN (SELECT source_no, row_no, customer_id FROM kept_customers) AS kept
    USING (source_no, row_no, customer_id)
WHERE incoming
UNION ALL
SELECT table_name, source_no, row_no, NULL, NULL, reason FROM broken_rows
"""

# Only an order whose version of this import won can differ, and what it differs from has lost. The
# lines of an order are part of its content.
_EARLIEST_CHANGE = """
SELECT CAST(min(least(
    CASE WHEN latest.reason IS NULL THEN latest.ordered_at END,
    CASE WHEN former.reason IS NULL THEN former.ordered_at END)) AS DATE)
FROM (FROM kept_orders WHERE incoming) AS latest
LEFT JOIN (FROM beaten WHERE NOT incoming) AS former USING (order_id)
WHERE (latest.reason IS NULL) <> (former.order_id IS NOT NULL AND former.reason IS NULL)
    OR latest.content <> former.content
    OR latest.customer_id <> former.customer_id
    OR latest.ordered_at <> former.ordered_at
    OR latest.amount_minor <> former.amount_minor
    OR latest.purchase_type IS DISTINCT FROM former.purchase_type
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
    if (kept / "orders.parquet").exists():
        connection.execute(
            # By name: what an older version of this importer did not keep is empty.
            "INSERT INTO versions BY NAME SELECT 0 AS source_no, 0 AS block, false AS incoming, * "
            "FROM read_parquet($file) WHERE NOT list_contains($again, origin)",
            {"file": str(kept / "orders.parquet"), "again": again},
        )
        connection.execute(
            "INSERT INTO lines BY NAME SELECT 0 AS source_no, 0 AS block, line_no AS row_no, "
            "order_id, product_id, product_name, quantity, amount_minor FROM read_parquet($file) "
            "WHERE order_id IN (SELECT order_id FROM versions WHERE NOT incoming)",
            {"file": str(kept / "lines.parquet")},
        )
    if (kept / "customers.parquet").exists():
        connection.execute(
            f"INSERT INTO customer_versions BY NAME SELECT 0 AS source_no, "  # noqa: S608
            f"CAST(row_number() OVER () AS BIGINT) AS row_no, false AS incoming, {_CUSTOMER} "
            f"FROM read_parquet($file) WHERE NOT list_contains($again, origin)",
            {"file": str(kept / "customers.parquet"), "again": again},
        )


def choose_versions(connection: Workbench) -> None:
    """Tell which version of each order counts: `kept_orders`, `kept_lines` and `refused`."""
    connection.execute(_BEATEN)


def merge(connection: Workbench) -> None:
    """Make the canonical tables, and `verdicts`: what became of every row of this import."""
    choose_versions(connection)
    for statements in (_TABLES, _VERDICTS):
        connection.execute(statements)
    for kind, table in (("VIEW", "order_lines"), ("TABLE", "products"), ("TABLE", "customers")):
        if not connection.table(table).limit(1).fetchall():
            connection.execute(f"DROP {kind} {table}")


def earliest_change(connection: Workbench) -> date:
    """Return the first day of whose orders one is new, gone or another than in the former tables.

    Only orders of this import can differ. An order that moves to another day changes both days.
    Where nothing changed, it is the last day there is.
    """
    ((day,),) = connection.execute(_EARLIEST_CHANGE).fetchall()
    return day or date.max


def write_kept(connection: Workbench, folder: Path) -> None:
    """Write what the next import has to know: the latest export of everything seen so far."""
    kept = folder / "kept"
    kept.mkdir()
    for name, columns in (
        ("orders", _ORDER),
        ("lines", "*"),
        ("customers", _CUSTOMER),
    ):
        rows = connection.sql(f"SELECT {columns} FROM kept_{name}")  # noqa: S608
        rows.write_parquet(str(kept / f"{name}.parquet"))
