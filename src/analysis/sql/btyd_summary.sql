-- One row per customer as of a day: how often, how lately and for how long a customer has bought.
-- Days count, not orders: all orders of one day are one purchase. The first purchase is not a
-- repeat, so frequency = purchase days - 1; recency = first to last purchase; age = first purchase
-- to the as-of day (T in the literature). Money is kept as sums; means are taken last, in Python.
-- Counted instead: btyd_cells.
WITH histories AS (
    SELECT
        -- A narrow number: grouping and sorting by it takes a tenth less.
        CAST(customer_no AS INTEGER) AS customer_no,
        min(day) AS first_day,
        max(day) AS last_day,
        count(*) AS purchases,
        max(CASE WHEN purchase_no = 1 THEN amount_minor END) AS first_amount_minor,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = 'one_off'
    GROUP BY CAST(customer_no AS INTEGER)
)

SELECT
    customer_keys.customer_id,
    histories.first_day,
    histories.purchases - 1 AS frequency,
    date_diff('day', histories.first_day, histories.last_day) AS recency_days,
    date_diff('day', histories.first_day, CAST($as_of AS DATE)) AS age_days,
    histories.amount_minor - histories.first_amount_minor AS repeat_amount_minor,
    histories.amount_minor
FROM histories INNER JOIN customer_keys ON histories.customer_no = customer_keys.customer_no
ORDER BY histories.customer_no
