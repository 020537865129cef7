WITH purchases AS (
  SELECT
    customer_id,
    day,
    amount_minor
  FROM customer_day
  WHERE
    day <= :as_of AND purchase_type = 'one_off'
), histories AS (
  SELECT
    customer_id,
    MIN(day) AS first_day,
    MAX(day) AS last_day,
    COUNT(*) AS purchases,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
  FROM purchases
  GROUP BY
    customer_id
)
SELECT
  histories.customer_id,
  histories.first_day,
  histories.purchases - 1 AS frequency,
  DATEDIFF(DAY, histories.first_day, histories.last_day) AS recency_days,
  DATEDIFF(DAY, histories.first_day, CAST(:as_of AS DATE)) AS age_days,
  histories.amount_minor - purchases.amount_minor AS repeat_amount_minor,
  histories.amount_minor
FROM histories
INNER JOIN purchases
  ON histories.customer_id = purchases.customer_id
  AND histories.first_day = purchases.day
ORDER BY
  histories.customer_id NULLS LAST
