SELECT
  customer_id,
  MAX(CAST(sent_at AS DATE)) AS sent_day
FROM contacts
WHERE
  CAST(sent_at AS DATE) <= %(as_of)s
  AND (
    CAST(%(as_of)s AS DATE) - CAST(sent_at AS DATE)
  ) < %(quiet_days)s
GROUP BY
  customer_id
ORDER BY
  customer_id
