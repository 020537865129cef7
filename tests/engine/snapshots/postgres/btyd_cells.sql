WITH histories AS (
  SELECT
    COUNT(*) - 1 AS frequency,
    (
      CAST(MAX(day) AS DATE) - CAST(MIN(day) AS DATE)
    ) AS recency_days,
    (
      CAST(%(as_of)s AS DATE) - CAST(MIN(day) AS DATE)
    ) AS age_days
  FROM customer_day
  WHERE
    day <= %(as_of)s AND purchase_type = 'one_off'
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
  frequency,
  recency_days,
  age_days
