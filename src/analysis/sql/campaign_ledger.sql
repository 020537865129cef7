-- One row per (campaign, arm) as of a day: how many customers the ledger names, how many of them
-- more than once, and from when to when they were assigned. Whoever stands in two arms counts in
-- the first by name.
WITH named AS (
    SELECT
        campaign_id,
        customer_id,
        min(coalesce(arm, '')) AS arm,
        max(coalesce(arm, '')) AS other_arm,
        count(*) AS entries,
        min(CAST(assigned_at AS DATE)) AS first_day,
        max(CAST(assigned_at AS DATE)) AS last_day
    FROM assignments
    WHERE CAST(assigned_at AS DATE) <= $as_of
    GROUP BY campaign_id, customer_id
)

SELECT
    campaign_id,
    arm,
    count(*) AS customers,
    CAST(sum(entries) AS BIGINT) AS entries,
    CAST(sum(CASE WHEN entries > 1 THEN 1 ELSE 0 END) AS BIGINT) AS repeated,
    CAST(sum(CASE WHEN arm <> other_arm THEN 1 ELSE 0 END) AS BIGINT) AS crossed,
    min(first_day) AS first_day,
    max(last_day) AS last_day
FROM named
GROUP BY campaign_id, arm
ORDER BY campaign_id, arm
