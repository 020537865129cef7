WITH known AS (
  SELECT
    customer_id,
    subscription_id,
    cancelled_at,
    cancel_reason,
    CASE WHEN CAST(cancelled_at AS DATE) <= %(as_of)s THEN 1 ELSE 0 END AS has_ended
  FROM subscriptions
  WHERE
    CAST(started_at AS DATE) <= %(as_of)s
), latest AS (
  SELECT
    CAST(cancelled_at AS DATE) AS day,
    cancel_reason,
    MIN(has_ended) OVER (PARTITION BY customer_id) AS all_ended,
    ROW_NUMBER() OVER (
      PARTITION BY customer_id
      ORDER BY has_ended DESC NULLS LAST, cancelled_at DESC NULLS LAST, subscription_id
    ) AS place
  FROM known
), ended AS (
  SELECT
    cancel_reason,
    (
      CAST(%(as_of)s AS DATE) - CAST(day AS DATE)
    ) AS days
  FROM latest
  WHERE
    all_ended = 1 AND place = 1
)
SELECT
  CASE
    WHEN days <= 30
    THEN 30
    WHEN days <= 90
    THEN 90
    WHEN days <= 180
    THEN 180
    WHEN days <= 365
    THEN 365
    ELSE 0
  END AS within_days,
  cancel_reason,
  COUNT(*) AS customers
FROM ended
GROUP BY
  within_days,
  cancel_reason
ORDER BY
  within_days,
  cancel_reason
