WITH ours AS (
  SELECT
    customer_id,
    MIN(COALESCE(arm, '')) AS arm,
    MIN(CAST(assigned_at AS DATE)) AS assigned_day
  FROM assignments
  WHERE
    campaign_id = %(campaign_id)s AND CAST(assigned_at AS DATE) <= %(as_of)s
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
  theirs.campaign_id <> %(campaign_id)s
  AND CAST(theirs.assigned_at AS DATE) <= %(as_of)s
  AND ABS((
    CAST(theirs.assigned_at AS DATE) - CAST(ours.assigned_day AS DATE)
  )) <= %(within_days)s
GROUP BY
  theirs.campaign_id,
  ours.arm,
  COALESCE(theirs.arm, '')
ORDER BY
  theirs.campaign_id,
  ours.arm,
  COALESCE(theirs.arm, '')
