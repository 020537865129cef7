WITH ours AS (
  SELECT
    customer_id,
    MIN(COALESCE(arm, '')) AS arm,
    MIN(CAST(assigned_at AS DATE)) AS assigned_day
  FROM assignments
  WHERE
    campaign_id = :campaign_id AND CAST(assigned_at AS DATE) <= :as_of
  GROUP BY
    customer_id
)
SELECT
  theirs.campaign_id AS other_campaign_id,
  ours.arm,
  COALESCE(theirs.arm, '') AS other_arm,
  COUNT(*) AS customers
FROM assignments AS theirs
INNER JOIN ours
  ON theirs.customer_id = ours.customer_id
WHERE
  theirs.campaign_id <> :campaign_id
  AND CAST(theirs.assigned_at AS DATE) <= :as_of
  AND ABS(DATEDIFF(DAY, ours.assigned_day, CAST(theirs.assigned_at AS DATE))) <= :within_days
GROUP BY
  theirs.campaign_id,
  ours.arm,
  COALESCE(theirs.arm, '')
ORDER BY
  theirs.campaign_id NULLS LAST,
  ours.arm NULLS LAST,
  COALESCE(theirs.arm, '') NULLS LAST
