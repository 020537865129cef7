-- What basket_pairs would count if nothing belonged together: one row per product and month, months
-- counted as year * 12 + month. Customers whose first order with the product fell in the month, the
-- other products in those orders, and how often the product itself was the other one, once for each
-- other first of its order. Definitions and products as in basket_pairs.
WITH one_off AS (
    SELECT
        -- Narrow numbers: what is grouped and joined takes a quarter less memory.
        CAST(customer_no AS INTEGER) AS customer_no,
        CAST(order_no AS INTEGER) AS order_no,
        CAST(product_no AS INTEGER) AS product_no,
        day
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
    SELECT one_off.customer_no, one_off.order_no, one_off.product_no, one_off.day
    FROM one_off INNER JOIN sold ON one_off.product_no = sold.product_no
),

firsts AS (
    SELECT product_no, min(order_no) AS order_no, min(day) AS day
    FROM lines
    GROUP BY customer_no, product_no
),

-- Only orders of several products have others in them.
held AS (
    SELECT order_no, CAST(count(*) AS INTEGER) AS products
    FROM lines
    GROUP BY order_no
    HAVING count(*) > 1
),

held_firsts AS (
    SELECT firsts.product_no, firsts.order_no, firsts.day, held.products
    FROM firsts INNER JOIN held ON firsts.order_no = held.order_no
),

starting AS (
    SELECT order_no, count(*) AS firsts
    FROM held_firsts
    GROUP BY order_no
),

counted AS (
    SELECT
        product_no,
        extract(YEAR FROM day) * 12 + extract(MONTH FROM day) AS month,
        count(*) AS customers,
        0 AS other_products,
        0 AS times_other
    FROM firsts
    GROUP BY product_no, extract(YEAR FROM day) * 12 + extract(MONTH FROM day)
    UNION ALL
    SELECT
        product_no,
        extract(YEAR FROM day) * 12 + extract(MONTH FROM day) AS month,
        0 AS customers,
        sum(products - 1) AS other_products,
        -- A first is never its own companion.
        -count(*) AS times_other
    FROM held_firsts
    GROUP BY product_no, extract(YEAR FROM day) * 12 + extract(MONTH FROM day)
    UNION ALL
    SELECT
        lines.product_no,
        extract(YEAR FROM lines.day) * 12 + extract(MONTH FROM lines.day) AS month,
        0 AS customers,
        0 AS other_products,
        sum(starting.firsts) AS times_other
    FROM lines INNER JOIN starting ON lines.order_no = starting.order_no
    GROUP BY lines.product_no, extract(YEAR FROM lines.day) * 12 + extract(MONTH FROM lines.day)
)

SELECT
    product_no,
    CAST(month AS BIGINT) AS month,
    CAST(sum(customers) AS BIGINT) AS customers,
    CAST(sum(other_products) AS BIGINT) AS other_products,
    CAST(sum(times_other) AS BIGINT) AS times_other
FROM counted
GROUP BY product_no, month
ORDER BY product_no, month
