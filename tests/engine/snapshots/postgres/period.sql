SELECT
  MIN(day) AS first_day,
  MAX(day) AS last_day,
  CAST(COALESCE(SUM(CASE WHEN day = first_day THEN opens_day ELSE 0 END), 0) AS BIGINT) AS customers,
  CAST(SUM(orders) AS BIGINT) AS orders,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
FROM customer_day
WHERE
  day <= %(as_of)s
