-- One row per customer of a campaign: what the shop knows of where the customer comes from.
SELECT
    customers.customer_id,
    coalesce(customers.source, '') AS source,
    coalesce(customers.region, '') AS region
FROM customers
WHERE EXISTS (
    SELECT 1
    FROM assignments
    WHERE assignments.campaign_id = $campaign_id
        AND assignments.customer_id = customers.customer_id
        AND CAST(assignments.assigned_at AS DATE) <= $as_of
)
ORDER BY customers.customer_id
