-- One row per customer who had bought by the end of a calibration period: the summary as of that
-- day, and what the customer did afterwards up to the as-of day. Both sides count whole days, so
-- no order of the last calibration day can leak into the holdout.
WITH histories AS (
    SELECT
        customer_no,
        min(day) AS first_day,
        max(CASE WHEN day <= $calibration_end THEN day END) AS last_day,
        CAST(sum(CASE WHEN day <= $calibration_end THEN 1 ELSE 0 END) AS BIGINT) AS purchases,
        CAST(sum(CASE WHEN day <= $calibration_end AND purchase_no > 1 THEN amount_minor ELSE 0 END)
            AS BIGINT) AS repeat_amount_minor,
        CAST(sum(CASE WHEN day <= $calibration_end THEN amount_minor ELSE 0 END) AS BIGINT)
            AS amount_minor,
        CAST(sum(CASE WHEN day <= $calibration_end THEN 0 ELSE 1 END) AS BIGINT)
            AS holdout_frequency,
        CAST(sum(CASE WHEN day <= $calibration_end THEN 0 ELSE amount_minor END) AS BIGINT)
            AS holdout_amount_minor
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = 'one_off'
    GROUP BY customer_no
    HAVING min(day) <= $calibration_end
)

SELECT
    customer_keys.customer_id,
    histories.first_day,
    histories.purchases - 1 AS frequency,
    date_diff('day', histories.first_day, histories.last_day) AS recency_days,
    date_diff('day', histories.first_day, CAST($calibration_end AS DATE)) AS age_days,
    histories.repeat_amount_minor,
    histories.amount_minor,
    histories.holdout_frequency,
    histories.holdout_amount_minor
FROM histories INNER JOIN customer_keys ON histories.customer_no = customer_keys.customer_no
ORDER BY histories.customer_no
