-- One row per product: customers who bought it, those whose first order of all held it, orders,
-- pieces and revenue; and of the customers whose first one-off order with it lies at least
-- `$window_days` days back, how many placed another with it within that time.
WITH lines AS (
    SELECT
        customer_no,
        product_no,
        customer_order_no,
        order_no,
        purchase_type,
        day,
        quantity,
        amount_minor
    FROM baskets
    WHERE day <= $as_of
),

bought AS (
    SELECT
        customer_no,
        product_no,
        count(*) AS orders,
        CAST(sum(quantity) AS BIGINT) AS quantity,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
        min(CASE WHEN purchase_type = 'one_off' THEN order_no END) AS one_off_order_no,
        min(CASE WHEN purchase_type = 'one_off' THEN day END) AS one_off_day,
        min(customer_order_no) AS customer_order_no
    FROM lines
    GROUP BY customer_no, product_no
),

-- Who bought it early enough to tell, and placed another order with it in time.
back AS (
    SELECT bought.product_no, bought.customer_no
    FROM bought
    INNER JOIN lines
        ON bought.customer_no = lines.customer_no AND bought.product_no = lines.product_no
    WHERE
        bought.orders > 1
        AND date_diff('day', bought.one_off_day, CAST($as_of AS DATE)) >= $window_days
        AND lines.order_no > bought.one_off_order_no
        AND lines.purchase_type = 'one_off'
        AND date_diff('day', bought.one_off_day, lines.day) <= $window_days
    GROUP BY bought.product_no, bought.customer_no
),

repeats AS (
    SELECT product_no, count(*) AS repeat_customers
    FROM back
    GROUP BY product_no
),

totals AS (
    SELECT
        product_no,
        count(*) AS customers,
        CAST(sum(CASE WHEN customer_order_no = 1 THEN 1 ELSE 0 END) AS BIGINT) AS first_customers,
        CAST(sum(orders) AS BIGINT) AS orders,
        CAST(sum(quantity) AS BIGINT) AS quantity,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
        CAST(sum(CASE
            WHEN date_diff('day', one_off_day, CAST($as_of AS DATE)) >= $window_days THEN 1 ELSE 0
        END) AS BIGINT) AS mature_customers
    FROM bought
    GROUP BY product_no
)

SELECT
    totals.product_no,
    totals.customers,
    totals.first_customers,
    totals.orders,
    totals.quantity,
    totals.amount_minor,
    totals.mature_customers,
    coalesce(repeats.repeat_customers, 0) AS repeat_customers
FROM totals LEFT JOIN repeats ON totals.product_no = repeats.product_no
ORDER BY totals.product_no
