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

sold AS (
    SELECT
        members.category_no,
        CAST(sum(baskets.quantity) AS DECIMAL(18, 3)) AS quantity,
        CAST(sum(baskets.amount_minor) AS BIGINT) AS amount_minor
    FROM baskets INNER JOIN members ON baskets.product_no = members.product_no
    WHERE baskets.day <= $as_of
    GROUP BY members.category_no
),

-- Every order once a category; what is the order's own is the same in all of its lines.
lines AS (
    SELECT
        members.category_no,
        -- Narrow numbers: what is grouped and joined takes a quarter less memory.
        CAST(baskets.order_no AS INTEGER) AS order_no,
        CAST(min(baskets.customer_no) AS INTEGER) AS customer_no,
        min(CASE WHEN baskets.customer_order_no = 1 THEN 1 ELSE 0 END) AS is_first,
        min(CASE WHEN baskets.purchase_type = 'one_off' THEN baskets.day END) AS one_off_day
    FROM baskets INNER JOIN members ON baskets.product_no = members.product_no
    WHERE baskets.day <= $as_of
    GROUP BY members.category_no, CAST(baskets.order_no AS INTEGER)
),

bought AS (
    SELECT
        customer_no,
        category_no,
        count(*) AS orders,
        max(is_first) AS is_first,
        min(CASE WHEN one_off_day IS NOT NULL THEN order_no END) AS one_off_order_no,
        min(one_off_day) AS one_off_day
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
        AND date_diff('day', bought.one_off_day, lines.one_off_day) <= $window_days
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
        CAST(sum(is_first) AS BIGINT) AS first_customers,
        CAST(sum(orders) AS BIGINT) AS orders,
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
    sold.quantity,
    sold.amount_minor,
    totals.mature_customers,
    coalesce(repeats.repeat_customers, 0) AS repeat_customers
FROM totals
INNER JOIN sold ON totals.category_no = sold.category_no
INNER JOIN categories ON totals.category_no = categories.category_no
LEFT JOIN repeats ON totals.category_no = repeats.category_no
ORDER BY totals.category_no
