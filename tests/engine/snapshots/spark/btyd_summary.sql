WITH histories AS (
  SELECT
    CAST(customer_no AS INT) AS customer_no,
    MIN(day) AS first_day,
    MAX(day) AS last_day,
    COUNT(*) AS purchases,
    MAX(CASE WHEN purchase_no = 1 THEN amount_minor END) AS first_amount_minor,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
  FROM customer_day
  WHERE
    day <= :as_of AND purchase_type = 'one_off'
  GROUP BY
    CAST(customer_no AS INT)
)
SELECT
  customer_keys.customer_id,
  histories.first_day,
  histories.purchases - 1 AS frequency,
  DATEDIFF(DAY, histories.first_day, histories.last_day) AS recency_days,
  DATEDIFF(DAY, histories.first_day, CAST(:as_of AS DATE)) AS age_days,
  histories.amount_minor - histories.first_amount_minor AS repeat_amount_minor,
  histories.amount_minor
FROM histories
INNER JOIN customer_keys
  ON histories.customer_no = customer_keys.customer_no
ORDER BY
  histories.customer_no NULLS LAST
