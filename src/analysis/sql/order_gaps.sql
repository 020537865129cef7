-- How many customers waited how long from their n-th purchase day to the next, or have been waiting
-- since: one row per (order number, days, whether the next came). All orders of one day are one
-- purchase; subscription orders are left out unless `$purchase_type` is 'subscription'.
WITH purchases AS (
    SELECT customer_id, day
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = $purchase_type
),

numbered AS (
    SELECT
        day,
        row_number() OVER (PARTITION BY customer_id ORDER BY day) AS order_no,
        lead(day) OVER (PARTITION BY customer_id ORDER BY day) AS next_day
    FROM purchases
),

waits AS (
    SELECT
        order_no,
        date_diff('day', day, coalesce(next_day, CAST($as_of AS DATE))) AS gap_days,
        next_day IS NOT NULL AS has_next
    FROM numbered
    WHERE order_no <= $last_order_no
)

SELECT order_no, gap_days, has_next, count(*) AS customers
FROM waits
GROUP BY order_no, gap_days, has_next
ORDER BY order_no, gap_days, has_next
