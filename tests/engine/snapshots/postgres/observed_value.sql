WITH dated AS (
  SELECT
    customer_id,
    day,
    orders,
    amount_minor,
    MIN(day) OVER (PARTITION BY customer_id) AS first_day
  FROM customer_day
  WHERE
    day <= %(as_of)s
)
SELECT
  customer_id,
  first_day,
  CAST(SUM(orders) AS BIGINT) AS orders,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
FROM dated
WHERE
  (
    CAST(day AS DATE) - CAST(first_day AS DATE)
  ) < %(window_days)s
GROUP BY
  customer_id,
  first_day
ORDER BY
  customer_id
