WITH placed AS (
  SELECT
    customer_id,
    (
      CAST(ordered_at AS DATE) - CAST('2001-01-01' AS DATE)
    ) AS days,
    EXTRACT(HOUR FROM ordered_at) AS hour
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= %(as_of)s AND purchase_type = 'one_off'
), weekly AS (
  SELECT
    customer_id,
    (
      days % 7 + 7
    ) % 7 + 1 AS weekday,
    hour,
    COUNT(*) AS orders
  FROM placed
  GROUP BY
    customer_id,
    (
      days % 7 + 7
    ) % 7 + 1,
    hour
)
SELECT
  CAST(weekday AS BIGINT) AS weekday,
  CAST(hour AS BIGINT) AS hour,
  CAST(SUM(orders) AS BIGINT) AS orders,
  COUNT(*) AS customers
FROM weekly
GROUP BY
  weekday,
  hour
ORDER BY
  weekday,
  hour
