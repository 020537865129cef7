-- How many customers waited how long from their n-th purchase day to the next, or have been waiting
-- since: one row per (order number, days, whether the next came). All orders of one day are one
-- purchase; subscription orders are left out unless `$purchase_type` is 'subscription'.
WITH purchases AS (
    SELECT
        -- Narrow numbers: what is joined takes less memory.
        CAST(customer_no AS INTEGER) AS customer_no,
        CAST(purchase_no AS INTEGER) AS purchase_no,
        day
    FROM customer_day
    WHERE day <= $as_of
        AND purchase_type = $purchase_type
        AND purchase_no <= $last_order_no + 1
),

waits AS (
    SELECT
        purchases.purchase_no AS order_no,
        date_diff('day', purchases.day, coalesce(following.day, CAST($as_of AS DATE))) AS gap_days,
        following.day IS NOT NULL AS has_next
    FROM purchases
    LEFT JOIN purchases AS following
        ON purchases.customer_no = following.customer_no
            AND purchases.purchase_no = following.purchase_no - 1
            AND following.purchase_no > 1
    WHERE purchases.purchase_no <= $last_order_no
)

SELECT CAST(order_no AS BIGINT) AS order_no, gap_days, has_next, count(*) AS customers
FROM waits
GROUP BY order_no, gap_days, has_next
ORDER BY order_no, gap_days, has_next
