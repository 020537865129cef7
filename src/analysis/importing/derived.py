"""Tables derived at import from orders and their lines: what most reductions read instead."""

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
GROUP BY ALL
ORDER BY day, customer_id, purchase_type
"""

_ORDER_KEYS = """
CREATE TEMP TABLE order_keys AS
SELECT
    row_number() OVER (ORDER BY ordered_at, order_id) AS order_no,
    order_id,
    customer_id,
    coalesce(purchase_type, 'one_off') AS purchase_type,
    CAST(ordered_at AS DATE) AS day
FROM orders
"""

_CUSTOMER_KEYS = """
CREATE TABLE customer_keys AS
SELECT row_number() OVER (ORDER BY min(order_no)) AS customer_no, customer_id
FROM order_keys
GROUP BY customer_id
ORDER BY customer_no
"""

# Texts are matched once; everything after that counts with whole numbers.
_NUMBERED_LINES = """
CREATE TEMP TABLE numbered_lines AS
SELECT order_no, product_id, quantity, amount_minor
FROM order_lines INNER JOIN order_keys USING (order_id)
"""

_PRODUCT_KEYS = """
CREATE TABLE product_keys AS
SELECT row_number() OVER (ORDER BY min(order_no), product_id) AS product_no, product_id
FROM numbered_lines
GROUP BY product_id
ORDER BY product_no
"""

_BASKETS = """
CREATE TABLE baskets AS
WITH numbered_orders AS (
    SELECT
        order_no,
        customer_no,
        row_number() OVER (PARTITION BY customer_no ORDER BY order_no) AS customer_order_no,
        purchase_type,
        day
    FROM order_keys INNER JOIN customer_keys USING (customer_id)
),
bought AS (
    SELECT
        order_no,
        product_no,
        CAST(sum(quantity) AS BIGINT) AS quantity,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM numbered_lines INNER JOIN product_keys USING (product_id)
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


def derive_tables(connection: Workbench) -> None:
    """Add the derived tables to a connection that holds `orders` and maybe `order_lines`.

    `customer_day` says what a customer bought on a day. `baskets` says which products an order
    holds, in whole numbers that `customer_keys` and `product_keys` explain; a shop without lines
    has none of these three.
    """
    connection.execute(_CUSTOMER_DAY)
    present = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
    if "order_lines" not in present:
        return
    for statement in (_ORDER_KEYS, _CUSTOMER_KEYS, _NUMBERED_LINES, _PRODUCT_KEYS, _BASKETS):
        connection.execute(statement)
    connection.execute("DROP TABLE order_keys; DROP TABLE numbered_lines")
