-- One row per customer: what a customer has paid within a number of days from the first purchase
-- (that day included), one-off and subscription orders together.
WITH dated AS (
    SELECT
        customer_id,
        day,
        orders,
        amount_minor,
        min(day) OVER (PARTITION BY customer_id) AS first_day
    FROM customer_day
    WHERE day <= $as_of
)

SELECT
    customer_id,
    first_day,
    CAST(sum(orders) AS BIGINT) AS orders,
    CAST(sum(amount_minor) AS BIGINT) AS amount_minor
FROM dated
WHERE date_diff('day', first_day, day) < $window_days
GROUP BY customer_id, first_day
ORDER BY customer_id
