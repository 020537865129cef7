SELECT
  product_id,
  product_name
FROM products
WHERE
  product_id IN (
    SELECT
      product_id
    FROM subscriptions
    WHERE
      CAST(started_at AS DATE) <= %(as_of)s
  )
ORDER BY
  product_id
