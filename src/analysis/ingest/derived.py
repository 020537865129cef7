"""Tables derived at import from orders and their lines: what most reductions read instead.

Orders, customers and products are numbered in the order of appearance, and a row tells nothing of
what comes after it, so whatever the tables say of the days before the first changed order stays
true: only the days from there on are derived.
"""

import re
from datetime import date
from pathlib import Path
from typing import NamedTuple

from analysis.engine import Workbench

_ORDER_KEYS = """
CREATE TEMP TABLE order_keys AS
SELECT
    $orders + row_number() OVER (ORDER BY ordered_at, order_id) AS order_no,
    order_id,
    customer_id,
    coalesce(purchase_type, 'one_off') AS purchase_type,
    CAST(ordered_at AS DATE) AS day,
    amount_minor
FROM orders
WHERE ordered_at >= $since
"""

_CUSTOMER_KEYS = """
CREATE TABLE customer_keys AS
SELECT $customers + row_number() OVER (ORDER BY min(order_no)) AS customer_no, customer_id
FROM order_keys ANTI JOIN known_customers USING (customer_id)
GROUP BY customer_id
ORDER BY customer_no
"""

# Texts are matched once; everything after that counts with whole numbers.
_NUMBERED_ORDERS = """
CREATE TEMP TABLE numbered_orders AS
WITH customers AS (
    SELECT customer_no, customer_id FROM customer_keys
    UNION ALL
    SELECT customer_no, customer_id FROM known_customers
)
SELECT order_no, order_id, customer_no, purchase_type, day, amount_minor
FROM order_keys INNER JOIN customers USING (customer_id)
"""

# What a reduction would need a look at a customer's other rows for is told by each row.
_CUSTOMER_DAY = """
CREATE TABLE customer_day AS
WITH bought AS (
    SELECT
        customer_no,
        day,
        purchase_type,
        count(*) AS orders,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM numbered_orders
    GROUP BY customer_no, day, purchase_type
),
placed AS (
    SELECT
        *,
        min(day) OVER customer AS first_day,
        lag(day) OVER customer AS previous_day,
        row_number() OVER customer AS row_no,
        count(*) FILTER (purchase_type = 'one_off') OVER customer AS one_off_days
    FROM bought
    WINDOW customer AS (PARTITION BY customer_no ORDER BY day, purchase_type)
),
continued AS (
    SELECT
        placed.* REPLACE (
            coalesce(known_customers.first_day, placed.first_day) AS first_day,
            coalesce(placed.previous_day, known_customers.last_day) AS previous_day
        ),
        CASE
            WHEN purchase_type = 'one_off'
                THEN placed.one_off_days + coalesce(known_customers.one_off_days, 0)
            ELSE row_no - placed.one_off_days + coalesce(known_customers.other_days, 0)
        END AS purchase_no
    FROM placed LEFT JOIN known_customers USING (customer_no)
)
SELECT
    customer_no,
    day,
    purchase_type,
    purchase_no,
    first_day,
    CAST(coalesce(previous_day < day, true) AS BIGINT) AS opens_day,
    CAST(coalesce(previous_day < date_trunc('month', day), true) AS BIGINT) AS opens_month,
    orders,
    amount_minor
FROM continued
ORDER BY day, customer_no, purchase_type
"""

_NUMBERED_LINES = """
CREATE TEMP TABLE numbered_lines AS
SELECT order_no, product_id, quantity, order_lines.amount_minor
FROM order_lines INNER JOIN (SELECT order_id, order_no FROM numbered_orders) USING (order_id)
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
WITH products AS (FROM product_keys UNION ALL FROM known_products),
counted_orders AS (
    SELECT
        order_no,
        customer_no,
        coalesce(known_customers.orders, 0)
            + row_number() OVER (PARTITION BY customer_no ORDER BY order_no) AS customer_order_no,
        purchase_type,
        day
    FROM numbered_orders LEFT JOIN known_customers USING (customer_no)
),
bought AS (
    SELECT
        order_no,
        product_no,
        CAST(sum(quantity) AS DECIMAL(18, 3)) AS quantity,
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
FROM bought INNER JOIN counted_orders USING (order_no)
ORDER BY order_no, product_no
"""

_NOBODY_KNOWN = """
CREATE TEMP TABLE known_customers (
    customer_no BIGINT, customer_id VARCHAR, orders BIGINT, first_day DATE, last_day DATE,
    one_off_days BIGINT, other_days BIGINT);
CREATE TEMP TABLE known_products (product_no BIGINT, product_id VARCHAR);
"""

_PRODUCTS_BEFORE = """
SELECT coalesce(max(product_no), 0) FROM read_parquet($baskets) WHERE day < $since
"""

# Of the customers of the days that are derived anew, those who had bought before, and what. They
# are few, which the engine has to know before it looks for them among all days.
_RETURNING_CUSTOMERS = """
CREATE TEMP TABLE returning_customers AS
SELECT customer_no, customer_id
FROM read_parquet($customer_keys)
WHERE customer_no <= $customers
    AND customer_id IN (SELECT customer_id FROM orders WHERE ordered_at >= $since)
"""

_KNOWN_CUSTOMERS = """
CREATE TEMP TABLE known_customers AS
SELECT
    customer_no,
    any_value(customer_id) AS customer_id,
    CAST(sum(orders) AS BIGINT) AS orders,
    min(day) AS first_day,
    max(day) AS last_day,
    count(*) FILTER (purchase_type = 'one_off') AS one_off_days,
    count(*) FILTER (purchase_type <> 'one_off') AS other_days
FROM read_parquet($customer_day) INNER JOIN returning_customers USING (customer_no)
WHERE day < $since
GROUP BY customer_no
"""

_KNOWN_PRODUCTS = """
CREATE TEMP TABLE known_products AS
SELECT product_no, product_id FROM read_parquet($product_keys) WHERE product_no <= $products
"""

DEFINITION = "".join(
    (
        _ORDER_KEYS,
        _CUSTOMER_KEYS,
        _NUMBERED_ORDERS,
        _CUSTOMER_DAY,
        _NUMBERED_LINES,
        _PRODUCT_KEYS,
        _BASKETS,
    )
)


class Former(NamedTuple):
    """Derived tables that an earlier import wrote, and until when they are still true.

    Attributes:
        files: Table name to its files.
        since: The first day that may have changed.
        orders: Orders before that day.
        customers: Customers who bought before that day.
    """

    files: dict[str, list[Path]]
    since: date
    orders: int
    customers: int


class Before(NamedTuple):
    """How many orders, customers and products are numbered before the first derived day."""

    orders: int = 0
    customers: int = 0
    products: int = 0


def derive_tables(connection: Workbench, former: Former | None = None) -> Before:
    """Add the derived tables to a connection that holds `orders` and maybe `order_lines`.

    `customer_day` says what a customer bought on a day. `baskets` says which products an order
    holds; a shop without lines has neither it nor `product_keys`. Both are in whole numbers, which
    `customer_keys` and `product_keys` explain.

    Args:
        connection: Holds the canonical tables.
        former: If given, only rows of the days from `former.since` on are derived, and new keys;
            they continue its tables, which have the same names as those that are derived.

    Returns:
        What is numbered already by the former tables.
    """
    since = former.since if former else date.min
    before = _look_back(connection, former)
    connection.execute(_ORDER_KEYS, {"since": since, "orders": before.orders})
    connection.execute(_CUSTOMER_KEYS, {"customers": before.customers})
    connection.execute(_NUMBERED_ORDERS)
    connection.execute("DROP TABLE order_keys")
    connection.execute(_CUSTOMER_DAY)
    present = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
    if "order_lines" in present:
        connection.execute(_NUMBERED_LINES)
        connection.execute(_PRODUCT_KEYS, {"products": before.products})
        connection.execute(_BASKETS)
        connection.execute("DROP TABLE numbered_lines")
    for table in ("numbered_orders", "known_customers", "known_products"):
        connection.execute(f"DROP TABLE {table}")
    return before


def _look_back(connection: Workbench, former: Former | None) -> Before:
    """Make `known_customers` and `known_products`, and count what has a number."""
    if former is None:
        connection.execute(_NOBODY_KNOWN)
        return Before()
    values: dict[str, object] = {
        table: [str(file) for file in files] for table, files in former.files.items()
    }
    orders, customers = former.orders, former.customers
    values |= {"since": former.since, "customers": customers}
    for statement in (_RETURNING_CUSTOMERS, _KNOWN_CUSTOMERS):
        connection.execute(statement, _named(statement, values))
    connection.execute("DROP TABLE returning_customers")
    if "baskets" not in former.files:
        connection.execute(_NOBODY_KNOWN.split(";")[1])
        return Before(orders, customers)
    ((products,),) = connection.execute(
        _PRODUCTS_BEFORE, _named(_PRODUCTS_BEFORE, values)
    ).fetchall()
    values["products"] = products
    connection.execute(_KNOWN_PRODUCTS, _named(_KNOWN_PRODUCTS, values))
    return Before(orders, customers, products)


def _named(statement: str, values: dict[str, object]) -> dict[str, object]:
    """Return the values of the parameters that a statement has: no other may be given."""
    return {name: value for name, value in values.items() if re.search(rf"\${name}\b", statement)}
