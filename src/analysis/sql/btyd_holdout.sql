-- One row per customer who had bought by the end of a calibration period: the summary as of that
-- day, and what the customer did afterwards up to the as-of day. Both sides count whole days, so
-- no order of the last calibration day can leak into the holdout.
WITH purchases AS (
    SELECT customer_id, day, amount_minor
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = 'one_off'
),

numbered AS (
    SELECT
        customer_id,
        day,
        amount_minor,
        CASE WHEN day <= $calibration_end THEN 1 ELSE 0 END AS is_calibration,
        row_number() OVER (PARTITION BY customer_id ORDER BY day) AS purchase_no
    FROM purchases
)

SELECT
    customer_id,
    min(day) AS first_day,
    CAST(sum(is_calibration) AS BIGINT) - 1 AS frequency,
    date_diff('day', min(day), max(CASE WHEN is_calibration = 1 THEN day END)) AS recency_days,
    date_diff('day', min(day), CAST($calibration_end AS DATE)) AS age_days,
    CAST(sum(CASE WHEN is_calibration = 1 AND purchase_no > 1 THEN amount_minor ELSE 0 END)
        AS BIGINT) AS repeat_amount_minor,
    count(*) - CAST(sum(is_calibration) AS BIGINT) AS holdout_frequency,
    CAST(sum(CASE WHEN is_calibration = 0 THEN amount_minor ELSE 0 END) AS BIGINT)
        AS holdout_amount_minor
FROM numbered
GROUP BY customer_id
HAVING min(day) <= $calibration_end
ORDER BY customer_id
