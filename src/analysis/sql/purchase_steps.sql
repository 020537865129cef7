-- One row per number of one-off purchases, up to ten: how many customers have made so many, how
-- many of them have had a window's time for the next one (the mature), and how many made it, ever
-- and, of the mature, within the window, with what those next purchases brought.
WITH purchases AS (
    SELECT customer_no, day, purchase_no, amount_minor
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = 'one_off' AND purchase_no <= 11
),

steps AS (
    SELECT
        purchases.purchase_no,
        coalesce(following.amount_minor, 0) AS next_amount_minor,
        CASE WHEN following.day IS NULL THEN 0 ELSE 1 END AS has_next,
        CASE
            WHEN date_diff('day', purchases.day, CAST($as_of AS DATE)) >= $window_days THEN 1
            ELSE 0
        END AS is_mature,
        CASE
            WHEN date_diff('day', purchases.day, following.day) <= $window_days THEN 1
            ELSE 0
        END AS in_window
    FROM purchases
    LEFT JOIN purchases AS following
        ON purchases.customer_no = following.customer_no
            AND purchases.purchase_no + 1 = following.purchase_no
    WHERE purchases.purchase_no <= 10
)

SELECT
    purchase_no,
    count(*) AS customers,
    CAST(sum(has_next) AS BIGINT) AS next_ever,
    CAST(sum(is_mature) AS BIGINT) AS mature_customers,
    CAST(sum(is_mature * in_window) AS BIGINT) AS mature_next,
    CAST(sum(is_mature * in_window * next_amount_minor) AS BIGINT) AS mature_next_amount_minor
FROM steps
GROUP BY purchase_no
ORDER BY purchase_no
