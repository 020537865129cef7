-- One row per day on which anybody bought: first and repeat purchases of that day, of everybody and
-- of the cohort that is followed: customers acquired by a given day.
WITH purchases AS (
    SELECT customer_id, day
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = 'one_off'
),

dated AS (
    SELECT day, min(day) OVER (PARTITION BY customer_id) AS first_day
    FROM purchases
)

SELECT
    day,
    CAST(sum(CASE WHEN day = first_day THEN 1 ELSE 0 END) AS BIGINT) AS new_customers,
    CAST(sum(CASE WHEN day > first_day THEN 1 ELSE 0 END) AS BIGINT) AS repeat_purchases,
    CAST(sum(CASE WHEN day = first_day AND first_day <= $acquired_by THEN 1 ELSE 0 END) AS BIGINT)
        AS cohort_new_customers,
    CAST(sum(CASE WHEN day > first_day AND first_day <= $acquired_by THEN 1 ELSE 0 END) AS BIGINT)
        AS cohort_repeat_purchases
FROM dated
GROUP BY day
ORDER BY day
