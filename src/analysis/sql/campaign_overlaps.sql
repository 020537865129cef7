-- How many customers of a campaign were in another campaign at about the same time (assigned no
-- more than $within_days days apart), by both arms: one row per (other campaign, arm, other arm).
WITH ours AS (
    SELECT
        customer_id,
        min(coalesce(arm, '')) AS arm,
        min(CAST(assigned_at AS DATE)) AS assigned_day
    FROM assignments
    WHERE campaign_id = $campaign_id AND CAST(assigned_at AS DATE) <= $as_of
    GROUP BY customer_id
)

SELECT
    theirs.campaign_id AS other_campaign_id,
    ours.arm,
    coalesce(theirs.arm, '') AS other_arm,
    count(*) AS customers
FROM assignments AS theirs
INNER JOIN ours ON theirs.customer_id = ours.customer_id
WHERE theirs.campaign_id <> $campaign_id
    AND CAST(theirs.assigned_at AS DATE) <= $as_of
    AND abs(date_diff('day', ours.assigned_day, CAST(theirs.assigned_at AS DATE))) <= $within_days
GROUP BY theirs.campaign_id, ours.arm, coalesce(theirs.arm, '')
ORDER BY theirs.campaign_id, ours.arm, coalesce(theirs.arm, '')
