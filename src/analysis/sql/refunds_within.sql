-- One row on orders that lie at least `$window_days` days back: how many there are, what was paid for
-- them at first, of how many of them money went back within so many days of the order, and how much.
-- Only refunds that have a day and an order tell so; an order's amount is what is left of it.
WITH placed AS (
    SELECT
        coalesce(sum(orders), 0) AS orders,
        coalesce(sum(amount_minor), 0) AS amount_minor
    FROM customer_day
    WHERE day <= $as_of AND date_diff('day', day, CAST($as_of AS DATE)) >= $window_days
),

given_back AS (
    SELECT
        orders.order_id,
        sum(refunds.amount_minor) AS amount_minor,
        sum(CASE
            WHEN date_diff('day', CAST(orders.ordered_at AS DATE), CAST(refunds.refunded_at AS DATE))
                <= $window_days THEN refunds.amount_minor
            ELSE 0
        END) AS window_amount_minor
    FROM refunds INNER JOIN orders ON refunds.order_id = orders.order_id
    WHERE CAST(orders.ordered_at AS DATE) <= $as_of
        AND date_diff('day', CAST(orders.ordered_at AS DATE), CAST($as_of AS DATE)) >= $window_days
    GROUP BY orders.order_id
),

totals AS (
    SELECT
        coalesce(sum(amount_minor), 0) AS amount_minor,
        coalesce(sum(CASE WHEN window_amount_minor > 0 THEN 1 ELSE 0 END), 0) AS orders,
        coalesce(sum(window_amount_minor), 0) AS window_amount_minor
    FROM given_back
)

SELECT
    CAST(placed.orders AS BIGINT) AS orders,
    CAST(placed.amount_minor + totals.amount_minor AS BIGINT) AS paid_minor,
    CAST(totals.orders AS BIGINT) AS refunded_orders,
    CAST(totals.window_amount_minor AS BIGINT) AS refunded_minor
FROM placed CROSS JOIN totals
