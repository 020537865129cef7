-- One row per customer, without the key, in the order in which customers first bought: what ranks a
-- customer as of a day, and what ranked the same customer on an earlier day. Recency is the silence,
-- age the time since the first purchase; purchases and amounts are those of a window that ends with
-- either day, and those of all time. A customer who had not bought by the earlier day has the
-- earlier age -1. Quiet ago: days since the customer went quiet as in customer_balance, below 0
-- while active.
WITH dated AS (
    SELECT
        -- Narrow numbers: a row of them is held for each customer.
        CAST(customer_no AS INTEGER) AS customer_no,
        day,
        amount_minor,
        CAST(
            date_diff('day', day, CAST($as_of AS DATE))
            - CASE WHEN purchase_type = 'subscription' THEN $subscription_days ELSE $dormancy_days END
            AS INTEGER
        ) AS quiet_ago,
        CASE WHEN opens_day = 1 THEN day END AS opened_day,
        CASE
            WHEN date_diff('day', day, CAST($as_of AS DATE)) < $window_days THEN day
        END AS day_in_window,
        CASE WHEN day <= $compared_on THEN day END AS day_then,
        CASE
            WHEN day <= $compared_on
                AND date_diff('day', day, CAST($compared_on AS DATE)) < $window_days THEN day
        END AS day_in_window_then
    FROM customer_day
    WHERE day <= $as_of
),

customers AS (
    SELECT
        customer_no,
        min(day) AS first_day,
        max(day) AS last_day,
        max(day_then) AS last_day_then,
        min(quiet_ago) AS quiet_ago_days,
        count(opened_day) AS purchases,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
        count(CASE WHEN day_in_window IS NOT NULL THEN opened_day END) AS window_purchases,
        coalesce(CAST(sum(CASE WHEN day_in_window IS NOT NULL THEN amount_minor END) AS BIGINT), 0)
            AS window_amount_minor,
        count(CASE WHEN day_in_window_then IS NOT NULL THEN opened_day END)
            AS then_window_purchases,
        coalesce(CAST(sum(CASE WHEN day_in_window_then IS NOT NULL THEN amount_minor END) AS BIGINT), 0)
            AS then_window_amount_minor
    FROM dated
    GROUP BY customer_no
)

SELECT
    date_diff('day', first_day, CAST($as_of AS DATE)) AS age_days,
    date_diff('day', last_day, CAST($as_of AS DATE)) AS recency_days,
    purchases,
    amount_minor,
    CAST(quiet_ago_days AS BIGINT) AS quiet_ago_days,
    window_purchases,
    window_amount_minor,
    CASE
        WHEN first_day <= $compared_on
            THEN date_diff('day', first_day, CAST($compared_on AS DATE))
        ELSE -1
    END AS then_age_days,
    coalesce(date_diff('day', last_day_then, CAST($compared_on AS DATE)), -1)
        AS then_recency_days,
    then_window_purchases,
    then_window_amount_minor
FROM customers
ORDER BY customer_no
