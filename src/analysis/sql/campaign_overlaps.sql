-- How many customers of a campaign were in another campaign at about the same time (assigned no
-- more than $within_days days apart), by both arms: one row per (other campaign, arm, other arm).
-- `customers_in_any` is the same on every row: customers in any other campaign, each once.
WITH ours AS (
    SELECT
        customer_id,
        min(coalesce(arm, '')) AS arm,
        min(CAST(assigned_at AS DATE)) AS assigned_day
    FROM assignments
    WHERE campaign_id = $campaign_id AND CAST(assigned_at AS DATE) <= $as_of
    GROUP BY customer_id
),

-- Whoever stands twice in another campaign is one customer, of the arm that is the first by name.
shared AS (
    SELECT
        theirs.campaign_id AS other_campaign_id,
        ours.customer_id,
        ours.arm,
        min(coalesce(theirs.arm, '')) AS other_arm
    FROM assignments AS theirs
    INNER JOIN ours ON theirs.customer_id = ours.customer_id
    WHERE theirs.campaign_id <> $campaign_id
        AND CAST(theirs.assigned_at AS DATE) <= $as_of
        AND abs(date_diff('day', ours.assigned_day, CAST(theirs.assigned_at AS DATE)))
        <= $within_days
    GROUP BY theirs.campaign_id, ours.customer_id, ours.arm
),

named AS (
    SELECT customer_id
    FROM shared
    GROUP BY customer_id
),

counted AS (
    SELECT count(*) AS customers_in_any
    FROM named
)

SELECT
    shared.other_campaign_id,
    shared.arm,
    shared.other_arm,
    count(*) AS customers,
    max(counted.customers_in_any) AS customers_in_any
FROM shared CROSS JOIN counted
GROUP BY shared.other_campaign_id, shared.arm, shared.other_arm
ORDER BY shared.other_campaign_id, shared.arm, shared.other_arm
