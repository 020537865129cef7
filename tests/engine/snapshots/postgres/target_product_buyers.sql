SELECT
  customer_keys.customer_id,
  COUNT(*) AS orders,
  (
    CAST(%(as_of)s AS DATE) - CAST(MAX(baskets.day) AS DATE)
  ) AS days_since
FROM baskets
INNER JOIN product_keys
  ON baskets.product_no = product_keys.product_no
INNER JOIN customer_keys
  ON baskets.customer_no = customer_keys.customer_no
WHERE
  product_keys.product_id = %(product_id)s AND baskets.day <= %(as_of)s
GROUP BY
  customer_keys.customer_id
ORDER BY
  customer_keys.customer_id
