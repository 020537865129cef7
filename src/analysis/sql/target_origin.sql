-- One row per customer who has bought up to a day: where the customer came from and lives, as the
-- last export of customers says. Neither has a history, so both are taken as they stand.
SELECT
    customers.customer_id,
    coalesce(customers.source, '') AS source,
    coalesce(customers.region, '') AS region
FROM customers INNER JOIN customer_keys ON customers.customer_id = customer_keys.customer_id
WHERE EXISTS (
    SELECT 1
    FROM customer_day
    WHERE customer_day.customer_no = customer_keys.customer_no AND customer_day.day <= $as_of
)
ORDER BY customers.customer_id
