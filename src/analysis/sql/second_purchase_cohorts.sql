-- One row per month of the first one-off purchase: how many made a second one, ever and within a
-- window, and how many have been customers for the whole window. A month is its year * 12 + its
-- number - 1.
WITH histories AS (
    SELECT
        min(day) AS first_day,
        CASE WHEN count(*) > 1 THEN max(day) END AS second_day
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = 'one_off' AND purchase_no <= 2
    GROUP BY customer_no
),

firsts AS (
    SELECT
        extract(YEAR FROM first_day) * 12 + extract(MONTH FROM first_day) - 1 AS month_no,
        CASE WHEN second_day IS NULL THEN 0 ELSE 1 END AS has_second,
        CASE WHEN date_diff('day', first_day, second_day) <= $window_days THEN 1 ELSE 0 END
            AS in_window,
        CASE
            WHEN date_diff('day', first_day, CAST($as_of AS DATE)) >= $window_days THEN 1
            ELSE 0
        END AS is_mature
    FROM histories
)

SELECT
    CAST(month_no AS BIGINT) AS month_no,
    count(*) AS customers,
    CAST(sum(has_second) AS BIGINT) AS second_ever,
    CAST(sum(is_mature) AS BIGINT) AS mature_customers,
    CAST(sum(is_mature * in_window) AS BIGINT) AS mature_second
FROM firsts
GROUP BY month_no
ORDER BY month_no
