WITH ordered AS (
  SELECT
    source,
    CAST(ordered_at AS DATE) AS day,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at NULLS LAST, order_id NULLS LAST) AS order_no
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= :as_of
), acquired AS (
  SELECT
    source,
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day) AS month,
    COUNT(*) AS customers
  FROM ordered
  WHERE
    order_no = 1
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
