SELECT
  product_no,
  product_id
FROM product_keys
ORDER BY
  product_no
