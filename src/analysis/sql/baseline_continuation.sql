-- How many subscriptions that took order n in a year took order n + 1 within $window_days days: one
-- row per order number. The year ended $window_days days before the as-of day, so that every
-- subscription has been watched that long.
WITH numbered AS (
    SELECT
        subscription_id,
        day,
        row_number() OVER (PARTITION BY subscription_id ORDER BY day) AS order_no,
        lead(day) OVER (PARTITION BY subscription_id ORDER BY day) AS next_day
    FROM (
        SELECT DISTINCT subscription_id, CAST(ordered_at AS DATE) AS day
        FROM orders
        WHERE subscription_id IS NOT NULL AND CAST(ordered_at AS DATE) <= $as_of
    ) AS days
)

SELECT
    order_no,
    count(*) AS subscriptions,
    CAST(sum(CASE WHEN date_diff('day', day, next_day) <= $window_days THEN 1 ELSE 0 END) AS BIGINT)
        AS continued
FROM numbered
WHERE date_diff('day', day, CAST($as_of AS DATE)) >= $window_days
    AND date_diff('day', day, CAST($as_of AS DATE)) < $window_days + 365
GROUP BY order_no
ORDER BY order_no
