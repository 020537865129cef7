WITH placed AS (
  SELECT
    customer_id,
    DATEDIFF(DAY, CAST('2001-01-01' AS DATE), CAST(ordered_at AS DATE)) AS days,
    EXTRACT(HOUR FROM ordered_at) AS hour
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= :as_of
    AND COALESCE(purchase_type, 'one_off') = 'one_off'
), weekly AS (
  SELECT
    customer_id,
    CAST((
      days % 7 + 7
    ) % 7 * 24 + hour AS SMALLINT) AS hour_of_week
  FROM placed
), buyers AS (
  SELECT
    hour_of_week
  FROM weekly
  GROUP BY
    hour_of_week,
    customer_id
), counted AS (
  SELECT
    hour_of_week,
    COUNT(*) AS orders,
    0 AS customers
  FROM weekly
  GROUP BY
    hour_of_week
  UNION ALL
  SELECT
    hour_of_week,
    0 AS orders,
    COUNT(*) AS customers
  FROM buyers
  GROUP BY
    hour_of_week
)
SELECT
  CAST(hour_of_week DIV 24 + 1 AS BIGINT) AS weekday,
  CAST(hour_of_week % 24 AS BIGINT) AS hour,
  CAST(SUM(orders) AS BIGINT) AS orders,
  CAST(SUM(customers) AS BIGINT) AS customers
FROM counted
GROUP BY
  hour_of_week
ORDER BY
  weekday NULLS LAST,
  hour NULLS LAST
