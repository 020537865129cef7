-- What customers do without a campaign: one row per (orders, amount) within the last $window_days
-- days, with how many of the customers did that who had bought in the 365 days before.
WITH active AS (
    SELECT customer_no
    FROM customer_day
    WHERE date_diff('day', day, CAST($as_of AS DATE)) >= $window_days
        AND date_diff('day', day, CAST($as_of AS DATE)) < $window_days + 365
    GROUP BY customer_no
),

bought AS (
    SELECT
        customer_no,
        CAST(sum(orders) AS BIGINT) AS orders,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM customer_day
    WHERE day <= $as_of AND date_diff('day', day, CAST($as_of AS DATE)) < $window_days
    GROUP BY customer_no
),

cells AS (
    SELECT
        coalesce(bought.orders, 0) AS orders,
        coalesce(bought.amount_minor, 0) AS amount_minor
    FROM active
    LEFT JOIN bought ON active.customer_no = bought.customer_no
)

SELECT orders, amount_minor, count(*) AS customers
FROM cells
GROUP BY orders, amount_minor
ORDER BY orders, amount_minor
