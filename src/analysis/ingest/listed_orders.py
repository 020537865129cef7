"""Which orders are of a listed subscription, where the cart exports them like any other order?

The list may name them. Where it does not, and of no order of the shop it is known that it is of a
subscription, an order is of one if it is the customer's, holds nothing but the product of the
subscription, and came while that ran. Such orders are subscription orders from then on.
"""

from pathlib import Path

from analysis.engine import Workbench

PREPARE = """
CREATE TABLE former_named_orders (order_id VARCHAR);
CREATE TABLE changed_names (order_id VARCHAR);
"""
_KEPT = "named_orders.parquet"

# So long before it began or after it ended an order may still be of a subscription.
_SLACK_DAYS = 7

# A list may call a product by its name.
_BY_NAME = """
UPDATE subscriptions SET product_id = named.product_id FROM (
    SELECT product_name, min(product_id) AS product_id FROM products
    GROUP BY product_name HAVING count(*) = 1) AS named
WHERE subscriptions.product_id = named.product_name
    AND subscriptions.product_id NOT IN (SELECT product_id FROM products)
"""

_NAMED = """
CREATE TABLE named_orders AS
SELECT order_id, min(listed.subscription_id) AS subscription_id FROM (
    SELECT subscription_id,
        unnest(string_split_regex(order_ids, '[\\s,;|]+')) AS order_id
    FROM latest_subscriptions WHERE order_ids IS NOT NULL) AS listed
JOIN orders USING (order_id) WHERE orders.subscription_id IS NULL GROUP BY order_id
"""

_KNOWN = """
SELECT count(*) FROM orders WHERE subscription_id IS NOT NULL OR purchase_type = 'subscription'
"""

_BY_PRODUCT = """
INSERT INTO named_orders
WITH plain AS (
    SELECT order_id, min(product_id) AS product_id FROM order_lines
    GROUP BY order_id HAVING count(DISTINCT product_id) = 1
)
SELECT
    order_id,
    max_by(subscriptions.subscription_id, (started_at, subscriptions.subscription_id))
FROM orders JOIN plain USING (order_id) JOIN subscriptions USING (customer_id, product_id)
WHERE CAST(ordered_at AS DATE) >= CAST(started_at AS DATE) - $slack_days
    AND (cancelled_at IS NULL
        OR CAST(ordered_at AS DATE) <= CAST(cancelled_at AS DATE) + $slack_days)
GROUP BY order_id
"""

_TAKE = """
UPDATE orders SET subscription_id = named_orders.subscription_id, purchase_type = 'subscription'
FROM named_orders WHERE orders.order_id = named_orders.order_id;
INSERT INTO changed_names
(SELECT order_id FROM named_orders EXCEPT FROM former_named_orders)
UNION ALL (FROM former_named_orders EXCEPT SELECT order_id FROM named_orders);
"""


def name_orders(connection: Workbench) -> tuple[str, ...]:
    """Make subscription orders of those that a list tells, in `orders`.

    Fills `changed_names`, too: orders that are of another type than after the import before.

    Args:
        connection: Holds `orders`, `order_lines`, `products`, `latest_subscriptions` and maybe
            `subscriptions`.

    Returns:
        What was taken for what, in sentences.
    """
    present = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
    connection.execute(_NAMED)
    listed = _count(connection)
    if "subscriptions" in present:
        connection.execute(_BY_NAME)
        if not listed and not connection.execute(_KNOWN).fetchall()[0][0]:
            connection.execute(_BY_PRODUCT, {"slack_days": _SLACK_DAYS})
    connection.execute(_TAKE)
    if not _count(connection):
        return ()
    how = (
        "the list of subscriptions names them"
        if listed
        else "they hold nothing but the product of a listed subscription that ran"
    )
    return (f"{_count(connection):,} orders are taken for those of subscriptions: {how}.",)


def add_former(connection: Workbench, folder: Path) -> None:
    """Add which orders the import before took for those of subscriptions."""
    if (file := folder / "kept" / _KEPT).exists():
        connection.execute(
            "INSERT INTO former_named_orders SELECT order_id FROM read_parquet($file)",
            {"file": str(file)},
        )


def write_kept(connection: Workbench, kept: Path) -> None:
    """Write which orders were taken for those of subscriptions."""
    if _count(connection):
        connection.sql("SELECT order_id FROM named_orders").write_parquet(str(kept / _KEPT))


def _count(connection: Workbench) -> int:
    return int(connection.execute("SELECT count(*) FROM named_orders").fetchall()[0][0])
