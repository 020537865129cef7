-- One row per number of one-off purchases, up to ten: how many customers have made so many, how
-- many of them have had a window's time for the next one (the mature), and how many made it, ever
-- and, of the mature, within the window, with what those next purchases brought.
WITH days AS (
    SELECT customer_id, day, CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM customer_day
    WHERE day <= $as_of AND purchase_type <> 'subscription'
    GROUP BY customer_id, day
),

numbered AS (
    SELECT
        row_number() OVER (PARTITION BY customer_id ORDER BY day) AS purchase_no,
        date_diff('day', day, CAST($as_of AS DATE)) AS silent_days,
        date_diff('day', day, lead(day) OVER (PARTITION BY customer_id ORDER BY day)) AS gap_days,
        lead(amount_minor) OVER (PARTITION BY customer_id ORDER BY day) AS next_amount_minor
    FROM days
),

steps AS (
    SELECT
        purchase_no,
        next_amount_minor,
        CASE WHEN gap_days IS NULL THEN 0 ELSE 1 END AS has_next,
        CASE WHEN silent_days >= $window_days THEN 1 ELSE 0 END AS is_mature,
        CASE WHEN gap_days <= $window_days THEN 1 ELSE 0 END AS in_window
    FROM numbered
    WHERE purchase_no <= 10
)

SELECT
    purchase_no,
    count(*) AS customers,
    CAST(sum(has_next) AS BIGINT) AS next_ever,
    CAST(sum(is_mature) AS BIGINT) AS mature_customers,
    CAST(sum(is_mature * in_window) AS BIGINT) AS mature_next,
    CAST(sum(is_mature * in_window * coalesce(next_amount_minor, 0)) AS BIGINT)
        AS mature_next_amount_minor
FROM steps
GROUP BY purchase_no
ORDER BY purchase_no
