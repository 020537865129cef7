-- How many repeat customers share each (frequency, amount of all repeats) as of a day: the rows a
-- spend model needs. Definitions as in btyd_summary.
WITH histories AS (
    SELECT
        count(*) AS frequency,
        CAST(sum(amount_minor) AS BIGINT) AS repeat_amount_minor
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = 'one_off' AND purchase_no > 1
    GROUP BY customer_no
)

SELECT frequency, repeat_amount_minor, count(*) AS customers
FROM histories
GROUP BY frequency, repeat_amount_minor
ORDER BY frequency, repeat_amount_minor
