SELECT
  customer_id,
  MAX(CAST(sent_at AS DATE)) AS sent_day
FROM contacts
WHERE
  CAST(sent_at AS DATE) <= :as_of
  AND DATEDIFF(DAY, CAST(sent_at AS DATE), CAST(:as_of AS DATE)) < :quiet_days
GROUP BY
  customer_id
ORDER BY
  customer_id NULLS LAST
