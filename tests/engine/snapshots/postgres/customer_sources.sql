WITH numbered AS (
  SELECT
    customer_id,
    source,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id) AS order_no
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= %(as_of)s
)
SELECT
  customer_id,
  source
FROM numbered
WHERE
  order_no = 1 AND NOT source IS NULL
ORDER BY
  customer_id
