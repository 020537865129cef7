-- How many one-off orders are worth how much: one row per (first one-off order of its customer or
-- later, order value rounded down to `$step_minor`).
WITH placed AS (
    SELECT
        amount_minor - amount_minor % $step_minor AS value_minor,
        row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id) = 1 AS is_first
    FROM orders
    WHERE CAST(ordered_at AS DATE) <= $as_of AND purchase_type = 'one_off'
)

SELECT is_first, value_minor, count(*) AS number
FROM placed
GROUP BY is_first, value_minor
ORDER BY is_first, value_minor
