-- One row per customer, without the key, sorted by all of it: what ranks a customer as of a day,
-- and what ranked the same customer on an earlier day. Recency is the silence, age the time since
-- the first purchase; purchases and amounts are those of a window that ends with either day, and
-- those of all time. A customer who had not bought by the earlier day has the earlier age -1. Quiet
-- ago: days since the customer went quiet as in customer_balance, below 0 while active.
WITH dated AS (
    SELECT
        customer_no,
        day,
        opens_day,
        amount_minor,
        date_diff('day', day, CAST($as_of AS DATE))
            - CASE WHEN purchase_type = 'subscription' THEN $subscription_days ELSE $dormancy_days END
            AS quiet_ago,
        CASE WHEN day <= $compared_on THEN day END AS day_then,
        CASE WHEN date_diff('day', day, CAST($as_of AS DATE)) < $window_days THEN 1 ELSE 0 END
            AS in_window,
        CASE
            WHEN day <= $compared_on
                AND date_diff('day', day, CAST($compared_on AS DATE)) < $window_days THEN 1
            ELSE 0
        END AS in_window_then
    FROM customer_day
    WHERE day <= $as_of
)

SELECT
    date_diff('day', min(day), CAST($as_of AS DATE)) AS age_days,
    date_diff('day', max(day), CAST($as_of AS DATE)) AS recency_days,
    CAST(sum(opens_day) AS BIGINT) AS purchases,
    CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
    min(quiet_ago) AS quiet_ago_days,
    CAST(sum(in_window * opens_day) AS BIGINT) AS window_purchases,
    CAST(sum(in_window * amount_minor) AS BIGINT) AS window_amount_minor,
    coalesce(date_diff('day', min(day_then), CAST($compared_on AS DATE)), -1) AS then_age_days,
    coalesce(date_diff('day', max(day_then), CAST($compared_on AS DATE)), -1)
        AS then_recency_days,
    CAST(sum(in_window_then * opens_day) AS BIGINT) AS then_window_purchases,
    CAST(sum(in_window_then * amount_minor) AS BIGINT) AS then_window_amount_minor
FROM dated
GROUP BY customer_no
ORDER BY
    age_days,
    recency_days,
    purchases,
    amount_minor,
    quiet_ago_days,
    window_purchases,
    window_amount_minor,
    then_recency_days,
    then_window_purchases,
    then_window_amount_minor
