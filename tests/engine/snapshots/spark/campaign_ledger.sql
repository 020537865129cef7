WITH named AS (
  SELECT
    campaign_id,
    customer_id,
    MIN(COALESCE(arm, '')) AS arm,
    MAX(COALESCE(arm, '')) AS other_arm,
    COUNT(*) AS entries,
    MIN(CAST(assigned_at AS DATE)) AS first_day,
    MAX(CAST(assigned_at AS DATE)) AS last_day
  FROM assignments
  WHERE
    CAST(assigned_at AS DATE) <= :as_of
  GROUP BY
    campaign_id,
    customer_id
)
SELECT
  campaign_id,
  arm,
  COUNT(*) AS customers,
  CAST(SUM(entries) AS BIGINT) AS entries,
  CAST(SUM(CASE WHEN entries > 1 THEN 1 ELSE 0 END) AS BIGINT) AS repeated,
  CAST(SUM(CASE WHEN arm <> other_arm THEN 1 ELSE 0 END) AS BIGINT) AS crossed,
  MIN(first_day) AS first_day,
  MAX(last_day) AS last_day
FROM named
GROUP BY
  campaign_id,
  arm
ORDER BY
  campaign_id NULLS LAST,
  arm NULLS LAST
