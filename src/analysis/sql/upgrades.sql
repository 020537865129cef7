-- One row per product and its higher grade: customers who bought the product and had not bought the
-- higher grade before (`buyers`), those of them who bought it less than `$window_days` days ago and
-- not the higher grade since (`candidates`); and of the buyers whose first purchase lies at least
-- that long back, how many bought the higher grade within that time. What the higher grade brought in all is given too.
WITH grades AS (
    SELECT lower_keys.product_no, upper_keys.product_no AS upgrade_product_no
    FROM products
    INNER JOIN product_keys AS lower_keys ON products.product_id = lower_keys.product_id
    INNER JOIN product_keys AS upper_keys ON products.upgrade_product_id = upper_keys.product_id
),

concerned AS (
    SELECT product_no FROM grades
    UNION
    SELECT upgrade_product_no AS product_no FROM grades
),

bought AS (
    SELECT
        baskets.customer_no,
        baskets.product_no,
        min(baskets.order_no) AS order_no,
        min(baskets.day) AS day,
        count(*) AS orders,
        CAST(sum(baskets.amount_minor) AS BIGINT) AS amount_minor
    FROM baskets INNER JOIN concerned ON baskets.product_no = concerned.product_no
    WHERE baskets.day <= $as_of
    GROUP BY baskets.customer_no, baskets.product_no
),

buyers AS (
    SELECT
        grades.product_no,
        grades.upgrade_product_no,
        bought.day,
        upper_bought.day AS upgrade_day
    FROM grades
    INNER JOIN bought ON grades.product_no = bought.product_no
    LEFT JOIN bought AS upper_bought
        ON
            grades.upgrade_product_no = upper_bought.product_no
            AND bought.customer_no = upper_bought.customer_no
    WHERE upper_bought.order_no IS NULL OR upper_bought.order_no > bought.order_no
),

paid AS (
    SELECT
        product_no,
        CAST(sum(orders) AS BIGINT) AS orders,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM bought
    GROUP BY product_no
),

counted AS (
    SELECT
        product_no,
        upgrade_product_no,
        count(*) AS buyers,
        CAST(sum(CASE
            WHEN
                upgrade_day IS NULL
                AND date_diff('day', day, CAST($as_of AS DATE)) < $window_days
                THEN 1
            ELSE 0
        END) AS BIGINT) AS candidates,
        CAST(sum(CASE
            WHEN date_diff('day', day, CAST($as_of AS DATE)) >= $window_days THEN 1 ELSE 0
        END) AS BIGINT) AS mature_buyers,
        CAST(sum(CASE
            WHEN
                date_diff('day', day, CAST($as_of AS DATE)) >= $window_days
                AND date_diff('day', day, upgrade_day) <= $window_days
                THEN 1
            ELSE 0
        END) AS BIGINT) AS mature_upgraded
    FROM buyers
    GROUP BY product_no, upgrade_product_no
)

SELECT
    counted.product_no,
    counted.upgrade_product_no,
    counted.buyers,
    counted.candidates,
    counted.mature_buyers,
    counted.mature_upgraded,
    coalesce(paid.orders, 0) AS upgrade_orders,
    coalesce(paid.amount_minor, 0) AS upgrade_amount_minor
FROM counted
LEFT JOIN paid ON counted.upgrade_product_no = paid.product_no
ORDER BY counted.product_no, counted.upgrade_product_no
