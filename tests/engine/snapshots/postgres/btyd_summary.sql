WITH purchases AS (
  SELECT
    customer_id,
    day,
    amount_minor
  FROM customer_day
  WHERE
    day <= %(as_of)s AND purchase_type = 'one_off'
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
  (
    CAST(histories.last_day AS DATE) - CAST(histories.first_day AS DATE)
  ) AS recency_days,
  (
    CAST(%(as_of)s AS DATE) - CAST(histories.first_day AS DATE)
  ) AS age_days,
  histories.amount_minor - purchases.amount_minor AS repeat_amount_minor,
  histories.amount_minor
FROM histories
INNER JOIN purchases
  ON histories.customer_id = purchases.customer_id
  AND histories.first_day = purchases.day
ORDER BY
  histories.customer_id
