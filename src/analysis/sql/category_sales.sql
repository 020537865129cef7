-- One row per category of products, those without one together: the numbers of product_sales, with
-- every order counted once however many products of the category it holds.
WITH categories AS (
    SELECT
        coalesce(products.category, '') AS category,
        min(product_keys.product_no) AS category_no
    FROM product_keys LEFT JOIN products ON product_keys.product_id = products.product_id
    GROUP BY coalesce(products.category, '')
),

members AS (
    SELECT product_keys.product_no, categories.category_no
    FROM product_keys
    LEFT JOIN products ON product_keys.product_id = products.product_id
    INNER JOIN categories ON coalesce(products.category, '') = categories.category
),

lines AS (
    SELECT
        baskets.customer_no,
        members.category_no,
        baskets.customer_order_no,
        baskets.order_no,
        baskets.purchase_type,
        baskets.day,
        CAST(sum(baskets.quantity) AS BIGINT) AS quantity,
        CAST(sum(baskets.amount_minor) AS BIGINT) AS amount_minor
    FROM baskets INNER JOIN members ON baskets.product_no = members.product_no
    WHERE baskets.day <= $as_of
    GROUP BY
        baskets.customer_no,
        members.category_no,
        baskets.customer_order_no,
        baskets.order_no,
        baskets.purchase_type,
        baskets.day
),

bought AS (
    SELECT
        customer_no,
        category_no,
        count(*) AS orders,
        CAST(sum(quantity) AS BIGINT) AS quantity,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
        min(CASE WHEN purchase_type = 'one_off' THEN order_no END) AS one_off_order_no,
        min(CASE WHEN purchase_type = 'one_off' THEN day END) AS one_off_day,
        min(customer_order_no) AS customer_order_no
    FROM lines
    GROUP BY customer_no, category_no
),

-- Who bought it early enough to tell, and placed another order with it in time.
back AS (
    SELECT bought.category_no, bought.customer_no
    FROM bought
    INNER JOIN lines
        ON bought.customer_no = lines.customer_no AND bought.category_no = lines.category_no
    WHERE
        bought.orders > 1
        AND date_diff('day', bought.one_off_day, CAST($as_of AS DATE)) >= $window_days
        AND lines.order_no > bought.one_off_order_no
        AND lines.purchase_type = 'one_off'
        AND date_diff('day', bought.one_off_day, lines.day) <= $window_days
    GROUP BY bought.category_no, bought.customer_no
),

repeats AS (
    SELECT category_no, count(*) AS repeat_customers
    FROM back
    GROUP BY category_no
),

totals AS (
    SELECT
        category_no,
        count(*) AS customers,
        CAST(sum(CASE WHEN customer_order_no = 1 THEN 1 ELSE 0 END) AS BIGINT) AS first_customers,
        CAST(sum(orders) AS BIGINT) AS orders,
        CAST(sum(quantity) AS BIGINT) AS quantity,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
        CAST(sum(CASE
            WHEN date_diff('day', one_off_day, CAST($as_of AS DATE)) >= $window_days THEN 1 ELSE 0
        END) AS BIGINT) AS mature_customers
    FROM bought
    GROUP BY category_no
)

SELECT
    categories.category,
    totals.customers,
    totals.first_customers,
    totals.orders,
    totals.quantity,
    totals.amount_minor,
    totals.mature_customers,
    coalesce(repeats.repeat_customers, 0) AS repeat_customers
FROM totals
INNER JOIN categories ON totals.category_no = categories.category_no
LEFT JOIN repeats ON totals.category_no = repeats.category_no
ORDER BY totals.category_no
