WITH placed AS (
  SELECT
    amount_minor - amount_minor % :step_minor AS value_minor,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at NULLS LAST, order_id NULLS LAST) = 1 AS is_first
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= :as_of AND purchase_type = 'one_off'
)
SELECT
  is_first,
  value_minor,
  COUNT(*) AS number
FROM placed
GROUP BY
  is_first,
  value_minor
ORDER BY
  is_first NULLS LAST,
  value_minor NULLS LAST
