-- How many customers of a campaign were in another campaign at about the same time (assigned no
-- more than $within_days days apart), by both arms: one row per (other campaign, arm, other arm).
WITH named AS (
    SELECT
        campaign_id,
        customer_id,
        min(coalesce(arm, '')) AS arm,
        min(CAST(assigned_at AS DATE)) AS assigned_day
    FROM assignments
    WHERE CAST(assigned_at AS DATE) <= $as_of
    GROUP BY campaign_id, customer_id
)

SELECT
    theirs.campaign_id AS other_campaign_id,
    ours.arm,
    theirs.arm AS other_arm,
    count(*) AS customers
FROM named AS ours
INNER JOIN named AS theirs ON ours.customer_id = theirs.customer_id
WHERE ours.campaign_id = $campaign_id
    AND theirs.campaign_id <> $campaign_id
    AND abs(date_diff('day', ours.assigned_day, theirs.assigned_day)) <= $within_days
GROUP BY theirs.campaign_id, ours.arm, theirs.arm
ORDER BY theirs.campaign_id, ours.arm, theirs.arm
