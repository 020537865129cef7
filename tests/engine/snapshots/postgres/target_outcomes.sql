SELECT
  customer_id,
  CAST(SUM(orders) AS BIGINT) AS orders,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
FROM customer_day
WHERE
  day <= %(as_of)s
  AND (
    CAST(%(as_of)s AS DATE) - CAST(day AS DATE)
  ) < %(window_days)s
GROUP BY
  customer_id
ORDER BY
  customer_id
