WITH histories AS (
  SELECT
    customer_no,
    MIN(day) AS first_day,
    MAX(CASE WHEN day <= %(calibration_end)s THEN day END) AS last_day,
    CAST(SUM(CASE WHEN day <= %(calibration_end)s THEN 1 ELSE 0 END) AS BIGINT) AS purchases,
    CAST(SUM(
      CASE
        WHEN day <= %(calibration_end)s AND purchase_no > 1
        THEN amount_minor
        ELSE 0
      END
    ) AS BIGINT) AS repeat_amount_minor,
    CAST(SUM(CASE WHEN day <= %(calibration_end)s THEN amount_minor ELSE 0 END) AS BIGINT) AS amount_minor,
    CAST(SUM(CASE WHEN day <= %(calibration_end)s THEN 0 ELSE 1 END) AS BIGINT) AS holdout_frequency,
    CAST(SUM(CASE WHEN day <= %(calibration_end)s THEN 0 ELSE amount_minor END) AS BIGINT) AS holdout_amount_minor
  FROM customer_day
  WHERE
    day <= %(as_of)s AND purchase_type = 'one_off'
  GROUP BY
    customer_no
  HAVING
    MIN(day) <= %(calibration_end)s
)
SELECT
  customer_keys.customer_id,
  histories.first_day,
  histories.purchases - 1 AS frequency,
  (
    CAST(histories.last_day AS DATE) - CAST(histories.first_day AS DATE)
  ) AS recency_days,
  (
    CAST(%(calibration_end)s AS DATE) - CAST(histories.first_day AS DATE)
  ) AS age_days,
  histories.repeat_amount_minor,
  histories.amount_minor,
  histories.holdout_frequency,
  histories.holdout_amount_minor
FROM histories
INNER JOIN customer_keys
  ON histories.customer_no = customer_keys.customer_no
ORDER BY
  histories.customer_no
