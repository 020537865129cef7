WITH numbered AS (
  SELECT
    subscription_id,
    day,
    ROW_NUMBER() OVER (PARTITION BY subscription_id ORDER BY day NULLS LAST) AS order_no,
    LEAD(day) OVER (PARTITION BY subscription_id ORDER BY day NULLS LAST) AS next_day
  FROM (
    SELECT DISTINCT
      subscription_id,
      CAST(ordered_at AS DATE) AS day
    FROM orders
    WHERE
      NOT subscription_id IS NULL AND CAST(ordered_at AS DATE) <= :as_of
  ) AS days
)
SELECT
  order_no,
  COUNT(*) AS subscriptions,
  CAST(SUM(CASE WHEN DATEDIFF(DAY, day, next_day) <= :window_days THEN 1 ELSE 0 END) AS BIGINT) AS continued
FROM numbered
WHERE
  DATEDIFF(DAY, day, CAST(:as_of AS DATE)) >= :window_days
  AND DATEDIFF(DAY, day, CAST(:as_of AS DATE)) < :window_days + 365
GROUP BY
  order_no
ORDER BY
  order_no NULLS LAST
