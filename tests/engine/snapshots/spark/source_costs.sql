WITH moments AS (
  SELECT
    customer_id,
    MIN(ordered_at) AS ordered_at
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= :as_of
  GROUP BY
    customer_id
), firsts AS (
  SELECT
    orders.source,
    CAST(orders.ordered_at AS DATE) AS day,
    ROW_NUMBER() OVER (PARTITION BY orders.customer_id ORDER BY orders.order_id NULLS LAST) AS place
  FROM moments
  INNER JOIN orders
    ON moments.customer_id = orders.customer_id
    AND moments.ordered_at = orders.ordered_at
), acquired AS (
  SELECT
    source,
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day) AS month,
    COUNT(*) AS customers
  FROM firsts
  WHERE
    place = 1
  GROUP BY
    source,
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day)
), spent AS (
  SELECT
    source,
    EXTRACT(YEAR FROM month) * 12 + EXTRACT(MONTH FROM month) AS month,
    CAST(SUM(cost_minor) AS BIGINT) AS cost_minor
  FROM costs
  WHERE
    month <= :as_of
  GROUP BY
    source,
    EXTRACT(YEAR FROM month) * 12 + EXTRACT(MONTH FROM month)
)
SELECT
  spent.source,
  CAST(spent.month AS BIGINT) AS month,
  spent.cost_minor,
  COALESCE(acquired.customers, 0) AS customers
FROM spent
LEFT JOIN acquired
  ON spent.source = acquired.source AND spent.month = acquired.month
ORDER BY
  spent.source NULLS LAST,
  spent.month NULLS LAST
