SELECT
  customers.customer_id,
  COALESCE(customers.source, '') AS source,
  COALESCE(customers.region, '') AS region
FROM customers
WHERE
  EXISTS(
    SELECT
      1
    FROM customer_day
    WHERE
      customer_day.customer_id = customers.customer_id AND customer_day.day <= :as_of
  )
ORDER BY
  customers.customer_id NULLS LAST
