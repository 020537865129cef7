WITH histories AS (
  SELECT
    COUNT(*) - 1 AS frequency,
    DATEDIFF(DAY, MIN(day), MAX(day)) AS recency_days,
    DATEDIFF(DAY, MIN(day), CAST(:as_of AS DATE)) AS age_days
  FROM customer_day
  WHERE
    day <= :as_of AND purchase_type = 'one_off'
  GROUP BY
    customer_id
)
SELECT
  frequency,
  recency_days,
  age_days,
  COUNT(*) AS customers
FROM histories
GROUP BY
  frequency,
  recency_days,
  age_days
ORDER BY
  frequency NULLS LAST,
  recency_days NULLS LAST,
  age_days NULLS LAST
