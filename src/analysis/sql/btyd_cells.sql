-- How many customers share each (frequency, recency, age) as of a day: the rows a purchase model
-- needs, without a row per customer. Definitions as in btyd_summary. A customer has one row a day.
WITH histories AS (
    SELECT
        count(*) - 1 AS frequency,
        date_diff('day', min(day), max(day)) AS recency_days,
        date_diff('day', min(day), CAST($as_of AS DATE)) AS age_days
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = 'one_off'
    GROUP BY customer_id
)

SELECT frequency, recency_days, age_days, count(*) AS customers
FROM histories
GROUP BY frequency, recency_days, age_days
ORDER BY frequency, recency_days, age_days
