SELECT
  customer_keys.customer_id,
  COUNT(*) AS orders,
  DATEDIFF(DAY, MAX(baskets.day), CAST(:as_of AS DATE)) AS days_since
FROM baskets
INNER JOIN product_keys
  ON baskets.product_no = product_keys.product_no
INNER JOIN customer_keys
  ON baskets.customer_no = customer_keys.customer_no
WHERE
  product_keys.product_id = :product_id AND baskets.day <= :as_of
GROUP BY
  customer_keys.customer_id
ORDER BY
  customer_keys.customer_id NULLS LAST
