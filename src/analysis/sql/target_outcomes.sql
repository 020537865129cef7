-- One row per customer who bought on the $window_days days up to a day: orders and amount.
SELECT
    customer_id,
    CAST(sum(orders) AS BIGINT) AS orders,
    CAST(sum(amount_minor) AS BIGINT) AS amount_minor
FROM customer_day
WHERE day <= $as_of AND date_diff('day', day, CAST($as_of AS DATE)) < $window_days
GROUP BY customer_id
ORDER BY customer_id
