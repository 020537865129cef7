"""Tables derived at import from orders and their lines: what most reductions read instead.

Orders, customers and products are numbered in the order of appearance, so whatever the tables say
of the days before the first changed order stays true: only the days from there on are derived.
"""

from datetime import date
from pathlib import Path
from typing import NamedTuple

from analysis.engine import Workbench

_CUSTOMER_DAY = """
CREATE TABLE customer_day AS
SELECT
    customer_id,
    CAST(ordered_at AS DATE) AS day,
    coalesce(purchase_type, 'one_off') AS purchase_type,
    count(*) AS orders,
    CAST(sum(amount_minor) AS BIGINT) AS amount_minor
FROM orders
WHERE ordered_at >= $since
GROUP BY ALL
ORDER BY day, customer_id, purchase_type
"""

_ORDER_KEYS = """
CREATE TEMP TABLE order_keys AS
SELECT
    $orders + row_number() OVER (ORDER BY ordered_at, order_id) AS order_no,
    order_id,
    customer_id,
    coalesce(purchase_type, 'one_off') AS purchase_type,
    CAST(ordered_at AS DATE) AS day
FROM orders
WHERE ordered_at >= $since
"""

# Texts are matched once; everything after that counts with whole numbers.
_NUMBERED_LINES = """
CREATE TEMP TABLE numbered_lines AS
SELECT order_no, product_id, quantity, amount_minor
FROM order_lines INNER JOIN (SELECT order_id, order_no FROM order_keys) USING (order_id)
"""

_CUSTOMER_KEYS = """
CREATE TABLE customer_keys AS
SELECT $customers + row_number() OVER (ORDER BY min(order_no)) AS customer_no, customer_id
FROM order_keys ANTI JOIN known_customers USING (customer_id)
GROUP BY customer_id
ORDER BY customer_no
"""

_PRODUCT_KEYS = """
CREATE TABLE product_keys AS
SELECT $products + row_number() OVER (ORDER BY min(order_no), product_id) AS product_no, product_id
FROM numbered_lines ANTI JOIN known_products USING (product_id)
GROUP BY product_id
ORDER BY product_no
"""

_BASKETS = """
CREATE TABLE baskets AS
WITH customers AS (
    SELECT customer_no, customer_id, 0 AS orders FROM customer_keys
    UNION ALL
    SELECT customer_no, customer_id, orders FROM known_customers
),
products AS (FROM product_keys UNION ALL FROM known_products),
numbered_orders AS (
    SELECT
        order_no,
        customer_no,
        orders + row_number() OVER (PARTITION BY customer_no ORDER BY order_no)
            AS customer_order_no,
        purchase_type,
        day
    FROM order_keys INNER JOIN customers USING (customer_id)
),
bought AS (
    SELECT
        order_no,
        product_no,
        CAST(sum(quantity) AS BIGINT) AS quantity,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM numbered_lines INNER JOIN products USING (product_id)
    GROUP BY order_no, product_no
)
SELECT
    order_no,
    customer_no,
    customer_order_no,
    purchase_type,
    day,
    product_no,
    quantity,
    amount_minor
FROM bought INNER JOIN numbered_orders USING (order_no)
ORDER BY order_no, product_no
"""

_NOBODY_KNOWN = """
CREATE TEMP TABLE known_customers (customer_no BIGINT, customer_id VARCHAR, orders BIGINT);
CREATE TEMP TABLE known_products (product_no BIGINT, product_id VARCHAR);
"""

# Of the customers of the days that are derived anew, those who had bought before, and how often.
# A former customer of these days without earlier orders is not known yet: the numbers end there.
_FORMER_DAYS = """
CREATE TEMP TABLE former_days AS
SELECT customer_id, bool_or(day < $since) AS known,
    CAST(coalesce(sum(orders) FILTER (day < $since), 0) AS BIGINT) AS orders
FROM read_parquet($customer_day)
WHERE customer_id IN (
    SELECT customer_id FROM orders WHERE ordered_at >= $since
    UNION ALL
    SELECT customer_id FROM read_parquet($customer_day) WHERE day >= $since)
GROUP BY customer_id
"""

_KNOWN_CUSTOMERS = """
CREATE TEMP TABLE known_customers AS
SELECT customer_no, customer_id, orders
FROM read_parquet($customer_keys) INNER JOIN former_days USING (customer_id)
WHERE known
"""

_KNOWN_PRODUCTS = """
CREATE TEMP TABLE known_products AS
SELECT product_no, product_id FROM read_parquet($product_keys)
WHERE product_no <= (SELECT max(product_no) FROM read_parquet($baskets) WHERE day < $since)
"""

_BEFORE = """
SELECT
    (SELECT count(*) FROM orders WHERE ordered_at < $since),
    (SELECT count(*) FROM read_parquet($customer_keys))
        - (SELECT count(*) FROM former_days WHERE NOT known),
    (SELECT count(*) FROM known_products)
"""

DEFINITION = "".join(
    (_CUSTOMER_DAY, _ORDER_KEYS, _NUMBERED_LINES, _CUSTOMER_KEYS, _PRODUCT_KEYS, _BASKETS)
)


class Former(NamedTuple):
    """Derived tables that an earlier import wrote, and until when they are still true.

    Attributes:
        files: Table name to its files.
        since: The first day that may have changed.
    """

    files: dict[str, list[Path]]
    since: date


class Before(NamedTuple):
    """How many orders, customers and products are numbered before the first derived day."""

    orders: int = 0
    customers: int = 0
    products: int = 0


def derive_tables(connection: Workbench, former: Former | None = None) -> Before:
    """Add the derived tables to a connection that holds `orders` and maybe `order_lines`.

    `customer_day` says what a customer bought on a day. `baskets` says which products an order
    holds, in whole numbers that `customer_keys` and `product_keys` explain; a shop without lines
    has none of these three.

    Args:
        connection: Holds the canonical tables.
        former: If given, only rows of the days from `former.since` on are derived, and new keys;
            they continue its tables, which have the same names as those that are derived.

    Returns:
        What is numbered already by the former tables.
    """
    since = former.since if former else date.min
    connection.execute(_CUSTOMER_DAY, {"since": since})
    present = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
    if "order_lines" not in present:
        return Before()
    before = _look_back(connection, former)
    connection.execute(_ORDER_KEYS, {"since": since, "orders": before.orders})
    connection.execute(_NUMBERED_LINES)
    connection.execute(_CUSTOMER_KEYS, {"customers": before.customers})
    connection.execute(_PRODUCT_KEYS, {"products": before.products})
    connection.execute(_BASKETS)
    for table in ("order_keys", "numbered_lines", "known_customers", "known_products"):
        connection.execute(f"DROP TABLE {table}")
    return before


def _look_back(connection: Workbench, former: Former | None) -> Before:
    """Make `known_customers` and `known_products`, and count what has a number."""
    if former is None:
        connection.execute(_NOBODY_KNOWN)
        return Before()
    values = {table: [str(file) for file in files] for table, files in former.files.items()}
    values["since"] = former.since
    for statement in (_FORMER_DAYS, _KNOWN_CUSTOMERS, _KNOWN_PRODUCTS):
        connection.execute(statement, _named(statement, values))
    (counts,) = connection.execute(_BEFORE, _named(_BEFORE, values)).fetchall()
    connection.execute("DROP TABLE former_days")
    return Before(*counts)


def _named(statement: str, values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if f"${name}" in statement}
