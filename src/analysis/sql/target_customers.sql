-- One row per customer who has bought up to a day: orders and amount of all time, amount of the
-- calendar month of that day, days since the last order, and purchase days and amount of the last
-- $window_days days, by which customers are scored and ranked.
WITH bought AS (
    SELECT
        customer_no,
        CAST(sum(orders) AS BIGINT) AS orders,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
        CAST(sum(CASE
            WHEN extract(YEAR FROM day) = extract(YEAR FROM CAST($as_of AS DATE))
                AND extract(MONTH FROM day) = extract(MONTH FROM CAST($as_of AS DATE))
                THEN amount_minor
            ELSE 0
        END) AS BIGINT) AS amount_this_month_minor,
        date_diff('day', max(day), CAST($as_of AS DATE)) AS days_since_order,
        CAST(sum(CASE
            WHEN date_diff('day', day, CAST($as_of AS DATE)) < $window_days THEN opens_day ELSE 0
        END) AS BIGINT) AS window_purchases,
        CAST(sum(CASE
            WHEN date_diff('day', day, CAST($as_of AS DATE)) < $window_days THEN amount_minor ELSE 0
        END) AS BIGINT) AS window_amount_minor
    FROM customer_day
    WHERE day <= $as_of
    GROUP BY customer_no
)

SELECT
    customer_keys.customer_id,
    bought.orders,
    bought.amount_minor,
    bought.amount_this_month_minor,
    bought.days_since_order,
    bought.window_purchases,
    bought.window_amount_minor
FROM bought INNER JOIN customer_keys ON bought.customer_no = customer_keys.customer_no
ORDER BY customer_keys.customer_id
