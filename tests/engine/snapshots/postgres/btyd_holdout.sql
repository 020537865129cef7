WITH purchases AS (
  SELECT
    customer_id,
    day,
    amount_minor
  FROM customer_day
  WHERE
    day <= %(as_of)s AND purchase_type = 'one_off'
), numbered AS (
  SELECT
    customer_id,
    day,
    amount_minor,
    CASE WHEN day <= %(calibration_end)s THEN 1 ELSE 0 END AS is_calibration,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY day) AS purchase_no
  FROM purchases
)
SELECT
  customer_id,
  MIN(day) AS first_day,
  CAST(SUM(is_calibration) AS BIGINT) - 1 AS frequency,
  (
    CAST(MAX(CASE WHEN is_calibration = 1 THEN day END) AS DATE) - CAST(MIN(day) AS DATE)
  ) AS recency_days,
  (
    CAST(%(calibration_end)s AS DATE) - CAST(MIN(day) AS DATE)
  ) AS age_days,
  CAST(SUM(CASE WHEN is_calibration = 1 AND purchase_no > 1 THEN amount_minor ELSE 0 END) AS BIGINT) AS repeat_amount_minor,
  COUNT(*) - CAST(SUM(is_calibration) AS BIGINT) AS holdout_frequency,
  CAST(SUM(CASE WHEN is_calibration = 0 THEN amount_minor ELSE 0 END) AS BIGINT) AS holdout_amount_minor
FROM numbered
GROUP BY
  customer_id
HAVING
  MIN(day) <= %(calibration_end)s
ORDER BY
  customer_id
