-- How many customers waited how long from one day with a product to the next, or have been waiting
-- since: one row per (product, days, whether the next day came). One-off orders of the products in
-- most orders, `$most_products` of them.
WITH one_off AS (
    SELECT
        -- Narrow numbers: what is grouped and sorted takes less memory.
        CAST(customer_no AS INTEGER) AS customer_no,
        CAST(product_no AS INTEGER) AS product_no,
        day
    FROM baskets
    WHERE day <= $as_of AND purchase_type = 'one_off'
),

ranked AS (
    SELECT product_no, row_number() OVER (ORDER BY count(*) DESC, product_no) AS place
    FROM one_off
    GROUP BY product_no
),

days AS (
    SELECT one_off.customer_no, one_off.product_no, one_off.day
    FROM one_off INNER JOIN ranked ON one_off.product_no = ranked.product_no
    WHERE ranked.place <= $most_products
    GROUP BY one_off.customer_no, one_off.product_no, one_off.day
),

dated AS (
    SELECT
        product_no,
        day,
        lead(day) OVER (PARTITION BY customer_no, product_no ORDER BY day) AS next_day
    FROM days
),

waits AS (
    SELECT
        product_no,
        date_diff('day', day, coalesce(next_day, CAST($as_of AS DATE))) AS gap_days,
        next_day IS NOT NULL AS has_next
    FROM dated
)

SELECT CAST(product_no AS BIGINT) AS product_no, gap_days, has_next, count(*) AS customers
FROM waits
GROUP BY product_no, gap_days, has_next
ORDER BY product_no, gap_days, has_next
