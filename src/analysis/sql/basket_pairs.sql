-- One row per ordered pair of different products (A, B): how many customers whose first order with
-- A holds B too. Each customer counts once for an A, so that customers, not orders, are what chance
-- is reckoned with. One-off orders only. Pairs of fewer than `$min_customers` customers are left
-- out, and products with fewer orders than that.
WITH one_off AS (
    SELECT
        -- Narrow numbers: what is grouped and joined takes a quarter less memory.
        CAST(customer_no AS INTEGER) AS customer_no,
        CAST(order_no AS INTEGER) AS order_no,
        CAST(product_no AS INTEGER) AS product_no
    FROM baskets
    WHERE day <= $as_of AND purchase_type = 'one_off'
),

sold AS (
    SELECT CAST(product_no AS INTEGER) AS product_no
    FROM baskets
    WHERE day <= $as_of AND purchase_type = 'one_off'
    GROUP BY product_no
    HAVING count(*) >= $min_customers
),

lines AS (
    SELECT one_off.customer_no, one_off.order_no, one_off.product_no
    FROM one_off INNER JOIN sold ON one_off.product_no = sold.product_no
),

firsts AS (
    SELECT product_no, min(order_no) AS order_no
    FROM lines
    GROUP BY customer_no, product_no
)

SELECT
    firsts.product_no,
    lines.product_no AS other_product_no,
    count(*) AS customers
FROM firsts
INNER JOIN lines
    ON firsts.order_no = lines.order_no AND firsts.product_no <> lines.product_no
GROUP BY firsts.product_no, lines.product_no
HAVING count(*) >= $min_customers
ORDER BY firsts.product_no, lines.product_no
