SELECT
  MIN(day) AS first_day,
  MAX(day) AS last_day,
  COUNT(DISTINCT customer_id) AS customers,
  CAST(SUM(orders) AS BIGINT) AS orders,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
FROM customer_day
WHERE
  day <= %(as_of)s
