SELECT
  product_keys.product_no,
  product_keys.product_id,
  COALESCE(products.product_name, product_keys.product_id) AS product_name
FROM product_keys
LEFT JOIN products
  ON product_keys.product_id = products.product_id
ORDER BY
  product_keys.product_no
