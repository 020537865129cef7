-- One row per customer as of a day: how often, how lately and for how long a customer has bought.
-- Days count, not orders: all orders of one day are one purchase. The first purchase is not a
-- repeat, so frequency = purchase days - 1; recency = first to last purchase; age = first purchase
-- to the as-of day (T in the literature). Money is kept as sums; means are taken last, in Python.
WITH purchases AS (
    SELECT customer_id, day, CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = 'one_off'
    GROUP BY customer_id, day
),

numbered AS (
    SELECT
        customer_id,
        day,
        amount_minor,
        row_number() OVER (PARTITION BY customer_id ORDER BY day) AS purchase_no
    FROM purchases
)

SELECT
    customer_id,
    min(day) AS first_day,
    count(*) - 1 AS frequency,
    date_diff('day', min(day), max(day)) AS recency_days,
    date_diff('day', min(day), CAST($as_of AS DATE)) AS age_days,
    CAST(sum(CASE WHEN purchase_no > 1 THEN amount_minor ELSE 0 END) AS BIGINT)
        AS repeat_amount_minor,
    CAST(sum(amount_minor) AS BIGINT) AS amount_minor
FROM numbered
GROUP BY customer_id
ORDER BY customer_id
