SELECT
  customer_id,
  MIN(COALESCE(arm, '')) AS arm,
  MIN(CAST(assigned_at AS DATE)) AS assigned_day
FROM assignments
WHERE
  campaign_id = %(campaign_id)s AND CAST(assigned_at AS DATE) <= %(as_of)s
GROUP BY
  customer_id
ORDER BY
  customer_id
