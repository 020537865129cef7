SELECT
  customers.customer_id,
  COALESCE(customers.source, '') AS source,
  COALESCE(customers.region, '') AS region
FROM customers
INNER JOIN customer_keys
  ON customers.customer_id = customer_keys.customer_id
WHERE
  EXISTS(
    SELECT
      1
    FROM customer_day
    WHERE
      customer_day.customer_no = customer_keys.customer_no
      AND customer_day.day <= :as_of
  )
ORDER BY
  customers.customer_id NULLS LAST
