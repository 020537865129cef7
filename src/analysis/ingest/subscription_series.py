"""Which subscription is an order of, where the cart says only that it is of one?

It is the one of the customer that the shop's list has and that runs on that day: the only one, or
the one with the order's product. Where no list tells, a customer has one subscription, and one per
product where orders of different products come sooner after one another than half the usual wait.
An order numbered 1 after others, or a lower number than the one before, begins a new one.
"""

from analysis.engine import Workbench
from analysis.ingest.cycles import MONTH_DAYS

# No cycle is shorter: what follows sooner is a parcel of the same order.
PARCEL_DAYS = 4
# So long after its end, or before its beginning, an order may still be of a subscription.
_SLACK_DAYS = 7

# Orders of one customer that carry no number of a subscription, in the order of time.
_UNNUMBERED = """
CREATE OR REPLACE TEMP TABLE unnumbered AS
SELECT
    order_id, customer_id, product_id, subscription_order_no AS number,
    CAST(ordered_at AS DATE) AS day,
    row_number() OVER (ORDER BY customer_id, ordered_at, order_id) AS place
FROM orders LEFT JOIN main_products USING (order_id)
WHERE subscription_id IS NULL AND purchase_type = 'subscription'
"""

_LISTED = """
CREATE TEMP TABLE numbered AS
WITH running AS (
    SELECT
        order_id, subscription_id,
        coalesce(subscriptions.product_id = unnumbered.product_id, false) AS is_same_product,
        count(*) OVER (PARTITION BY order_id) AS all_running,
        count(*) FILTER (subscriptions.product_id = unnumbered.product_id)
            OVER (PARTITION BY order_id) AS of_product
    FROM unnumbered JOIN subscriptions USING (customer_id)
    WHERE day >= CAST(started_at AS DATE) - $slack_days
        AND (cancelled_at IS NULL OR day <= CAST(cancelled_at AS DATE) + $slack_days)
)
SELECT order_id, subscription_id FROM running
WHERE all_running = 1 OR (of_product = 1 AND is_same_product)
"""

_USUAL_WAIT = """
SELECT median(days) FROM (
    SELECT date_diff('day', lag(day) OVER (
        PARTITION BY customer_id, product_id ORDER BY place), day) AS days
    FROM unnumbered)
WHERE days >= $parcel_days
"""

_SERIES = """
CREATE TEMP TABLE numbered AS
WITH neighbors AS (
    SELECT
        customer_id,
        product_id <> lag(product_id) OVER customer
            AND 2 * date_diff('day', lag(day) OVER customer, day) < $usual_wait AS is_beside
    FROM unnumbered
    WINDOW customer AS (PARTITION BY customer_id ORDER BY place)
),
apart AS (
    SELECT customer_id, bool_or(is_beside) AS by_product FROM neighbors GROUP BY customer_id
),
series AS (
    SELECT
        order_id, place, day, number,
        concat_ws('/', customer_id, CASE WHEN by_product THEN product_id END) AS series
    FROM unnumbered JOIN apart USING (customer_id)
),
marked AS (
    SELECT *, coalesce(
        date_diff('day', lag(day) OVER earlier, day) >= $parcel_days
        AND (number = 1 OR number < last_value(number IGNORE NULLS) OVER before), false) AS begins
    FROM series
    WINDOW
        earlier AS (PARTITION BY series ORDER BY place),
        before AS (
            PARTITION BY series ORDER BY place
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT order_id, concat(series, '/', 1 + count(*) FILTER (begins) OVER (
    PARTITION BY series ORDER BY place)) AS subscription_id
FROM marked
"""

_TAKE = """
UPDATE orders SET subscription_id = numbered.subscription_id FROM numbered
WHERE orders.order_id = numbered.order_id;
DROP TABLE numbered;
"""


def number_orders(connection: Workbench, *, listed: bool) -> int:
    """Give orders of subscriptions the number of theirs, in `orders`, where the cart gives none.

    Args:
        connection: Holds `orders` and `main_products` (of each order).
        listed: Whether it holds `subscriptions`, too.

    Returns:
        How many orders were put together by customer alone.
    """
    connection.execute(_UNNUMBERED)
    if listed:
        connection.execute(_LISTED, {"slack_days": _SLACK_DAYS})
        connection.execute(_TAKE)
        connection.execute(_UNNUMBERED)
    ((usual,),) = connection.execute(_USUAL_WAIT, {"parcel_days": PARCEL_DAYS}).fetchall()
    connection.execute(_SERIES, {"usual_wait": usual or MONTH_DAYS, "parcel_days": PARCEL_DAYS})
    connection.execute(_TAKE)
    ((left,),) = connection.execute("SELECT count(*) FROM unnumbered").fetchall()
    connection.execute("DROP TABLE unnumbered")
    return int(left)
