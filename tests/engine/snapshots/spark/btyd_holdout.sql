WITH purchases AS (
  SELECT
    customer_id,
    day,
    amount_minor
  FROM customer_day
  WHERE
    day <= :as_of AND purchase_type = 'one_off'
), numbered AS (
  SELECT
    customer_id,
    day,
    amount_minor,
    CASE WHEN day <= :calibration_end THEN 1 ELSE 0 END AS is_calibration,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY day NULLS LAST) AS purchase_no
  FROM purchases
)
SELECT
  customer_id,
  MIN(day) AS first_day,
  CAST(SUM(is_calibration) AS BIGINT) - 1 AS frequency,
  DATEDIFF(DAY, MIN(day), MAX(CASE WHEN is_calibration = 1 THEN day END)) AS recency_days,
  DATEDIFF(DAY, MIN(day), CAST(:calibration_end AS DATE)) AS age_days,
  CAST(SUM(CASE WHEN is_calibration = 1 AND purchase_no > 1 THEN amount_minor ELSE 0 END) AS BIGINT) AS repeat_amount_minor,
  COUNT(*) - CAST(SUM(is_calibration) AS BIGINT) AS holdout_frequency,
  CAST(SUM(CASE WHEN is_calibration = 0 THEN amount_minor ELSE 0 END) AS BIGINT) AS holdout_amount_minor
FROM numbered
GROUP BY
  customer_id
HAVING
  MIN(day) <= :calibration_end
ORDER BY
  customer_id NULLS LAST
