SELECT
  customer_id,
  CAST(SUM(orders) AS BIGINT) AS orders,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
FROM customer_day
WHERE
  day <= :as_of AND DATEDIFF(DAY, day, CAST(:as_of AS DATE)) < :window_days
GROUP BY
  customer_id
ORDER BY
  customer_id NULLS LAST
