WITH assigned AS (
  SELECT
    customer_id,
    MIN(CAST(assigned_at AS DATE)) AS assigned_day
  FROM assignments
  WHERE
    campaign_id = :campaign_id AND CAST(assigned_at AS DATE) <= :as_of
  GROUP BY
    customer_id
), cancellations AS (
  SELECT
    customer_id,
    subscription_id,
    cancelled_at,
    cancel_reason
  FROM subscriptions
  WHERE
    CAST(cancelled_at AS DATE) <= :as_of
  UNION ALL
  SELECT
    subscriptions.customer_id,
    subscriptions.subscription_id,
    subscription_events.event_at AS cancelled_at,
    subscription_events.reason AS cancel_reason
  FROM subscriptions
  INNER JOIN subscription_events
    ON subscriptions.subscription_id = subscription_events.subscription_id
  WHERE
    subscription_events.event = 'cancel'
    AND CAST(subscription_events.event_at AS DATE) <= :as_of
    AND (
      subscriptions.cancelled_at IS NULL
      OR CAST(subscriptions.cancelled_at AS DATE) > :as_of
    )
), cancelled AS (
  SELECT
    assigned.customer_id,
    COALESCE(cancellations.cancel_reason, '') AS cancel_reason,
    ROW_NUMBER() OVER (
      PARTITION BY assigned.customer_id
      ORDER BY cancellations.cancelled_at NULLS LAST, cancellations.subscription_id NULLS LAST, cancellations.cancel_reason NULLS LAST
    ) AS place
  FROM assigned
  INNER JOIN cancellations
    ON assigned.customer_id = cancellations.customer_id
  WHERE
    CAST(cancellations.cancelled_at AS DATE) >= assigned.assigned_day
    AND DATEDIFF(DAY, assigned.assigned_day, CAST(cancellations.cancelled_at AS DATE)) < :window_days
)
SELECT
  customer_id,
  cancel_reason
FROM cancelled
WHERE
  place = 1
ORDER BY
  customer_id NULLS LAST
