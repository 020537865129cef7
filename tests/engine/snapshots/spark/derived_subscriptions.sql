WITH ended AS (
  SELECT DISTINCT
    subscription_id
  FROM subscription_events
  WHERE
    event = 'cancel' AND CAST(event_at AS DATE) <= :as_of
), known AS (
  SELECT
    CASE WHEN subscriptions.derived THEN 1 ELSE 0 END AS is_derived,
    COALESCE(subscriptions.cycle_certainty, '') AS cycle_certainty,
    CASE WHEN subscriptions.start_certainty = 'unknown' THEN 1 ELSE 0 END AS is_start_unknown,
    CASE WHEN subscriptions.first_wait_days IS NULL THEN 0 ELSE 1 END AS is_unrecorded,
    CASE
      WHEN CAST(subscriptions.cancelled_at AS DATE) <= :as_of
      THEN 1
      WHEN NOT ended.subscription_id IS NULL
      THEN 1
      ELSE 0
    END AS has_ended
  FROM subscriptions
  LEFT JOIN ended
    ON subscriptions.subscription_id = ended.subscription_id
  WHERE
    CAST(subscriptions.started_at AS DATE) <= :as_of
)
SELECT
  COUNT(*) AS subscriptions,
  CAST(COALESCE(SUM(is_derived), 0) AS BIGINT) AS derived,
  CAST(COALESCE(SUM(CASE WHEN cycle_certainty = 'certain' THEN is_derived ELSE 0 END), 0) AS BIGINT) AS certain,
  CAST(COALESCE(SUM(CASE WHEN cycle_certainty = 'likely' THEN is_derived ELSE 0 END), 0) AS BIGINT) AS likely,
  CAST(COALESCE(SUM(CASE WHEN cycle_certainty = 'assumed' THEN is_derived ELSE 0 END), 0) AS BIGINT) AS assumed,
  CAST(COALESCE(SUM(CASE WHEN cycle_certainty <> '' THEN 1 - is_derived ELSE 0 END), 0) AS BIGINT) AS estimated_besides,
  CAST(COALESCE(SUM(CASE WHEN is_derived = 0 THEN is_unrecorded ELSE 0 END), 0) AS BIGINT) AS unrecorded_besides,
  CAST(COALESCE(SUM(is_start_unknown), 0) AS BIGINT) AS start_unknown,
  CAST(COALESCE(SUM(has_ended), 0) AS BIGINT) AS ended
FROM known
