WITH numbered AS (
  SELECT
    subscription_id,
    day,
    ROW_NUMBER() OVER (PARTITION BY subscription_id ORDER BY day) AS order_no,
    LEAD(day) OVER (PARTITION BY subscription_id ORDER BY day) AS next_day
  FROM (
    SELECT DISTINCT
      subscription_id,
      CAST(ordered_at AS DATE) AS day
    FROM orders
    WHERE
      NOT subscription_id IS NULL AND CAST(ordered_at AS DATE) <= %(as_of)s
  ) AS days
)
SELECT
  order_no,
  COUNT(*) AS subscriptions,
  CAST(SUM(
    CASE
      WHEN (
        CAST(next_day AS DATE) - CAST(day AS DATE)
      ) <= %(window_days)s
      THEN 1
      ELSE 0
    END
  ) AS BIGINT) AS continued
FROM numbered
WHERE
  (
    CAST(%(as_of)s AS DATE) - CAST(day AS DATE)
  ) >= %(window_days)s
  AND (
    CAST(%(as_of)s AS DATE) - CAST(day AS DATE)
  ) < %(window_days)s + 365
GROUP BY
  order_no
ORDER BY
  order_no
