SELECT
  customers.customer_id,
  COALESCE(customers.source, '') AS source,
  COALESCE(customers.region, '') AS region
FROM customers
WHERE
  EXISTS(
    SELECT
      1
    FROM assignments
    WHERE
      assignments.campaign_id = %(campaign_id)s
      AND assignments.customer_id = customers.customer_id
      AND CAST(assignments.assigned_at AS DATE) <= %(as_of)s
  )
ORDER BY
  customers.customer_id
