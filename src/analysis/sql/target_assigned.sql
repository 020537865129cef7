-- One row per customer whom a campaign has assigned up to a day: the arm (the first by name where
-- the ledger has two) and the first day of assignment.
SELECT
    customer_id,
    min(coalesce(arm, '')) AS arm,
    min(CAST(assigned_at AS DATE)) AS assigned_day
FROM assignments
WHERE campaign_id = $campaign_id AND CAST(assigned_at AS DATE) <= $as_of
GROUP BY customer_id
ORDER BY customer_id
