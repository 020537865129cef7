-- One row per weekday (1 Monday to 7 Sunday) and hour in shop time: one-off orders and the customers
-- who placed them. Renewals come at an hour nobody chose.
WITH placed AS (
    SELECT
        customer_id,
        date_diff('day', DATE '2001-01-01', CAST(ordered_at AS DATE)) AS days,
        extract(HOUR FROM ordered_at) AS hour
    FROM orders
    WHERE CAST(ordered_at AS DATE) <= $as_of AND coalesce(purchase_type, 'one_off') = 'one_off'
),

weekly AS (
    -- 1 January 2001 was a Monday; the remainder of an earlier day would be negative. One narrow
    -- number for both, because a row of each customer and hour has to be held.
    SELECT customer_id, CAST((days % 7 + 7) % 7 * 24 + hour AS SMALLINT) AS hour_of_week
    FROM placed
),

buyers AS (
    SELECT hour_of_week
    FROM weekly
    GROUP BY hour_of_week, customer_id
),

counted AS (
    SELECT hour_of_week, count(*) AS orders, 0 AS customers
    FROM weekly
    GROUP BY hour_of_week
    UNION ALL
    SELECT hour_of_week, 0 AS orders, count(*) AS customers
    FROM buyers
    GROUP BY hour_of_week
)

SELECT
    CAST(hour_of_week // 24 + 1 AS BIGINT) AS weekday,
    CAST(hour_of_week % 24 AS BIGINT) AS hour,
    CAST(sum(orders) AS BIGINT) AS orders,
    CAST(sum(customers) AS BIGINT) AS customers
FROM counted
GROUP BY hour_of_week
ORDER BY weekday, hour
