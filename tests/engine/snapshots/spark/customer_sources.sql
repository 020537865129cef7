WITH numbered AS (
  SELECT
    customer_id,
    source,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at NULLS LAST, order_id NULLS LAST) AS order_no
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= :as_of
)
SELECT
  customer_id,
  source
FROM numbered
WHERE
  order_no = 1 AND NOT source IS NULL
ORDER BY
  customer_id NULLS LAST
