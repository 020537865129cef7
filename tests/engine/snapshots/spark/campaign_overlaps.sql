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
), shared AS (
  SELECT
    theirs.campaign_id AS other_campaign_id,
    ours.customer_id,
    ours.arm,
    MIN(COALESCE(theirs.arm, '')) AS other_arm
  FROM assignments AS theirs
  INNER JOIN ours
    ON theirs.customer_id = ours.customer_id
  WHERE
    theirs.campaign_id <> :campaign_id
    AND CAST(theirs.assigned_at AS DATE) <= :as_of
    AND ABS(DATEDIFF(DAY, ours.assigned_day, CAST(theirs.assigned_at AS DATE))) <= :within_days
  GROUP BY
    theirs.campaign_id,
    ours.customer_id,
    ours.arm
), named AS (
  SELECT
    customer_id
  FROM shared
  GROUP BY
    customer_id
), counted AS (
  SELECT
    COUNT(*) AS customers_in_any
  FROM named
)
SELECT
  shared.other_campaign_id,
  shared.arm,
  shared.other_arm,
  COUNT(*) AS customers,
  MAX(counted.customers_in_any) AS customers_in_any
FROM shared
CROSS JOIN counted
GROUP BY
  shared.other_campaign_id,
  shared.arm,
  shared.other_arm
ORDER BY
  shared.other_campaign_id NULLS LAST,
  shared.arm NULLS LAST,
  shared.other_arm NULLS LAST
