-- One row per weekday (1 Monday to 7 Sunday) and hour in shop time: one-off orders and the customers
-- who placed them. Renewals come at an hour nobody chose.
WITH placed AS (
    SELECT
        customer_id,
        date_diff('day', DATE '2001-01-01', CAST(ordered_at AS DATE)) AS days,
        extract(HOUR FROM ordered_at) AS hour
    FROM orders
    WHERE CAST(ordered_at AS DATE) <= $as_of AND purchase_type = 'one_off'
),

weekly AS (
    -- 1 January 2001 was a Monday; the remainder of an earlier day would be negative.
    SELECT customer_id, (days % 7 + 7) % 7 + 1 AS weekday, hour, count(*) AS orders
    FROM placed
    GROUP BY customer_id, (days % 7 + 7) % 7 + 1, hour
)

SELECT
    CAST(weekday AS BIGINT) AS weekday,
    CAST(hour AS BIGINT) AS hour,
    CAST(sum(orders) AS BIGINT) AS orders,
    count(*) AS customers
FROM weekly
GROUP BY weekday, hour
ORDER BY weekday, hour
