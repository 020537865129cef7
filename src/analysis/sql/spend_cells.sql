-- How many repeat customers share each (frequency, amount of all repeats) as of a day: the rows a
-- spend model needs. Definitions as in btyd_summary.
WITH purchases AS (
    SELECT customer_id, day, amount_minor
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = 'one_off'
),

numbered AS (
    SELECT
        customer_id,
        amount_minor,
        row_number() OVER (PARTITION BY customer_id ORDER BY day) AS purchase_no
    FROM purchases
),

histories AS (
    SELECT
        count(*) AS frequency,
        CAST(sum(amount_minor) AS BIGINT) AS repeat_amount_minor
    FROM numbered
    WHERE purchase_no > 1
    GROUP BY customer_id
)

SELECT frequency, repeat_amount_minor, count(*) AS customers
FROM histories
GROUP BY frequency, repeat_amount_minor
ORDER BY frequency, repeat_amount_minor
