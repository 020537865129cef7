-- What next_product would count if nothing led to anything: one row per product and month, months
-- counted as year * 12 + month of the following order. Customers whose first order with the product
-- was followed by one in the month (month 0: not followed yet, and placed within the last 180 days;
-- month -1: not followed, and placed earlier), the products in those following orders, and how often the product itself came, once for each first of the order
-- before. Definitions and products as in next_product.
WITH one_off AS (
    SELECT
        -- Narrow numbers: what is grouped and joined takes a quarter less memory.
        CAST(customer_no AS INTEGER) AS customer_no,
        CAST(customer_order_no AS INTEGER) AS customer_order_no,
        CAST(order_no AS INTEGER) AS order_no,
        CAST(product_no AS INTEGER) AS product_no,
        day
    FROM baskets
    WHERE day <= $as_of AND purchase_type = 'one_off'
),

sold AS (
    SELECT product_no
    FROM one_off
    GROUP BY product_no
    HAVING count(*) >= $min_customers
),

subscribers AS (
    SELECT CAST(customer_no AS INTEGER) AS customer_no
    FROM baskets
    WHERE day <= $as_of AND purchase_type <> 'one_off'
    GROUP BY customer_no
),

-- Only where renewals stand between one-off orders do those have to be numbered anew.
between_renewals AS (
    SELECT order_no, row_number() OVER (PARTITION BY customer_no ORDER BY order_no) AS one_off_no
    FROM (
        SELECT one_off.customer_no, one_off.order_no
        FROM one_off INNER JOIN subscribers ON one_off.customer_no = subscribers.customer_no
        GROUP BY one_off.customer_no, one_off.order_no
    ) AS subscriber_orders
),

numbered AS (
    SELECT
        one_off.customer_no,
        one_off.product_no,
        one_off.day,
        sold.product_no IS NOT NULL AS is_sold,
        CAST(coalesce(between_renewals.one_off_no, one_off.customer_order_no) AS INTEGER)
            AS one_off_no
    FROM one_off
    LEFT JOIN sold ON one_off.product_no = sold.product_no
    LEFT JOIN between_renewals ON one_off.order_no = between_renewals.order_no
),

lines AS (
    SELECT customer_no, product_no, one_off_no, day
    FROM numbered
    WHERE is_sold
),

firsts AS (
    SELECT customer_no, product_no, min(one_off_no) AS one_off_no, min(day) AS day
    FROM lines
    GROUP BY customer_no, product_no
),

-- Every order but the first, with how many products of this count it holds.
next_orders AS (
    SELECT
        customer_no,
        one_off_no,
        CAST(extract(YEAR FROM min(day)) * 12 + extract(MONTH FROM min(day)) AS INTEGER) AS month,
        CAST(sum(CASE WHEN is_sold THEN 1 ELSE 0 END) AS INTEGER) AS products
    FROM numbered
    WHERE one_off_no > 1
    GROUP BY customer_no, one_off_no
),

starting AS (
    SELECT customer_no, one_off_no, CAST(count(*) AS INTEGER) AS firsts
    FROM firsts
    GROUP BY customer_no, one_off_no
),

counted AS (
    SELECT
        firsts.product_no,
        CASE
            WHEN next_orders.month IS NOT NULL THEN next_orders.month
            WHEN date_diff('day', firsts.day, CAST($as_of AS DATE)) < 180 THEN 0
            ELSE -1
        END AS month,
        count(*) AS customers,
        sum(next_orders.products) AS other_products,
        0 AS times_other
    FROM firsts
    LEFT JOIN next_orders
        ON
            firsts.customer_no = next_orders.customer_no
            AND firsts.one_off_no = next_orders.one_off_no - 1
    GROUP BY
        firsts.product_no,
        CASE
            WHEN next_orders.month IS NOT NULL THEN next_orders.month
            WHEN date_diff('day', firsts.day, CAST($as_of AS DATE)) < 180 THEN 0
            ELSE -1
        END
    UNION ALL
    SELECT
        lines.product_no,
        extract(YEAR FROM lines.day) * 12 + extract(MONTH FROM lines.day) AS month,
        0 AS customers,
        0 AS other_products,
        sum(starting.firsts) AS times_other
    FROM starting
    INNER JOIN lines
        ON
            starting.customer_no = lines.customer_no
            AND starting.one_off_no = lines.one_off_no - 1
            AND lines.one_off_no > 1
    GROUP BY lines.product_no, extract(YEAR FROM lines.day) * 12 + extract(MONTH FROM lines.day)
)

SELECT
    product_no,
    CAST(month AS BIGINT) AS month,
    CAST(sum(customers) AS BIGINT) AS customers,
    CAST(coalesce(sum(other_products), 0) AS BIGINT) AS other_products,
    CAST(sum(times_other) AS BIGINT) AS times_other
FROM counted
GROUP BY product_no, month
ORDER BY product_no, month
