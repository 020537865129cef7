WITH purchases AS (
  SELECT
    customer_id,
    day,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
  FROM customer_day
  WHERE
    day <= :as_of AND purchase_type = 'one_off'
  GROUP BY
    customer_id,
    day
), numbered AS (
  SELECT
    customer_id,
    day,
    amount_minor,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY day NULLS LAST) AS purchase_no
  FROM purchases
)
SELECT
  customer_id,
  MIN(day) AS first_day,
  COUNT(*) - 1 AS frequency,
  DATEDIFF(DAY, MIN(day), MAX(day)) AS recency_days,
  DATEDIFF(DAY, MIN(day), CAST(:as_of AS DATE)) AS age_days,
  CAST(SUM(CASE WHEN purchase_no > 1 THEN amount_minor ELSE 0 END) AS BIGINT) AS repeat_amount_minor,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
FROM numbered
GROUP BY
  customer_id
ORDER BY
  customer_id NULLS LAST
