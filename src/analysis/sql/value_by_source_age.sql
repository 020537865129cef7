-- One row per source, calendar month of the first order (year * 12 + month) and month of age (30
-- days, counted from 0): what the customers won from the source in the calendar month paid in that
-- month of age. Customers whose first order lies at least `$window_days` days back, so that each has
-- lived through all of them.
WITH moments AS (
    SELECT customer_id, min(ordered_at) AS ordered_at
    FROM orders
    WHERE CAST(ordered_at AS DATE) <= $as_of
    GROUP BY customer_id
),

-- Orders of the same moment are in the order of their IDs.
firsts AS (
    SELECT
        orders.customer_id,
        orders.source,
        CAST(orders.ordered_at AS DATE) AS first_day,
        row_number() OVER (PARTITION BY orders.customer_id ORDER BY orders.order_id) AS place
    FROM moments
    INNER JOIN orders
        ON moments.customer_id = orders.customer_id AND moments.ordered_at = orders.ordered_at
),

mature AS (
    SELECT customer_id, source, first_day
    FROM firsts
    WHERE
        place = 1
        AND source IS NOT NULL
        AND date_diff('day', first_day, CAST($as_of AS DATE)) >= $window_days - 1
),

paid AS (
    SELECT
        mature.source,
        CAST(
            extract(YEAR FROM mature.first_day) * 12 + extract(MONTH FROM mature.first_day)
            AS BIGINT
        ) AS month,
        CAST(date_diff('day', mature.first_day, customer_day.day) // 30 AS BIGINT) AS age_months,
        customer_day.amount_minor
    FROM mature
    INNER JOIN customer_keys ON mature.customer_id = customer_keys.customer_id
    INNER JOIN customer_day ON customer_keys.customer_no = customer_day.customer_no
    WHERE
        customer_day.day <= $as_of
        AND date_diff('day', mature.first_day, customer_day.day) < $window_days
)

SELECT source, month, age_months, CAST(sum(amount_minor) AS BIGINT) AS amount_minor
FROM paid
GROUP BY source, month, age_months
ORDER BY source, month, age_months
