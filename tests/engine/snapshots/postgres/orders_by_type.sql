SELECT
  purchase_type,
  CAST(SUM(orders) AS BIGINT) AS orders,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
FROM customer_day
WHERE
  day <= %(as_of)s
GROUP BY
  purchase_type
ORDER BY
  purchase_type
