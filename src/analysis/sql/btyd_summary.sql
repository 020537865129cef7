-- One row per customer as of a day: how often, how lately and for how long a customer has bought.
-- Days count, not orders: all orders of one day are one purchase. The first purchase is not a
-- repeat, so frequency = purchase days - 1; recency = first to last purchase; age = first purchase
-- to the as-of day (T in the literature). Money is kept as sums; means are taken last, in Python.
-- Counted instead: btyd_cells.
WITH purchases AS (
    SELECT customer_id, day, amount_minor
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = 'one_off'
),

histories AS (
    SELECT
        customer_id,
        min(day) AS first_day,
        max(day) AS last_day,
        count(*) AS purchases,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM purchases
    GROUP BY customer_id
)

-- A customer has one row a day, so the join finds the first purchase and nothing else.
SELECT
    histories.customer_id,
    histories.first_day,
    histories.purchases - 1 AS frequency,
    date_diff('day', histories.first_day, histories.last_day) AS recency_days,
    date_diff('day', histories.first_day, CAST($as_of AS DATE)) AS age_days,
    histories.amount_minor - purchases.amount_minor AS repeat_amount_minor,
    histories.amount_minor
FROM histories
INNER JOIN purchases
    ON histories.customer_id = purchases.customer_id AND histories.first_day = purchases.day
ORDER BY histories.customer_id
