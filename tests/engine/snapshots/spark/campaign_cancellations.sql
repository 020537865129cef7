WITH assigned AS (
  SELECT
    customer_id,
    MIN(CAST(assigned_at AS DATE)) AS assigned_day
  FROM assignments
  WHERE
    campaign_id = :campaign_id AND CAST(assigned_at AS DATE) <= :as_of
  GROUP BY
    customer_id
), cancelled AS (
  SELECT
    assigned.customer_id,
    COALESCE(subscriptions.cancel_reason, '') AS cancel_reason,
    ROW_NUMBER() OVER (
      PARTITION BY assigned.customer_id
      ORDER BY subscriptions.cancelled_at NULLS LAST, subscriptions.subscription_id NULLS LAST
    ) AS place
  FROM assigned
  INNER JOIN subscriptions
    ON assigned.customer_id = subscriptions.customer_id
  WHERE
    CAST(subscriptions.cancelled_at AS DATE) >= assigned.assigned_day
    AND CAST(subscriptions.cancelled_at AS DATE) <= :as_of
    AND DATEDIFF(DAY, assigned.assigned_day, CAST(subscriptions.cancelled_at AS DATE)) < :window_days
)
SELECT
  customer_id,
  cancel_reason
FROM cancelled
WHERE
  place = 1
ORDER BY
  customer_id NULLS LAST
