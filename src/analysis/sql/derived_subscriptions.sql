-- One row: how many subscriptions are known, how many of them are derived from their orders, how sure
-- their cycles are, of how many others the cycle is estimated or skips are not recorded, how many may have
-- begun before the data, and of how many an end is known, by the subscription itself or by an event.
WITH ended AS (
    SELECT DISTINCT subscription_id
    FROM subscription_events
    WHERE event = 'cancel' AND CAST(event_at AS DATE) <= $as_of
),

known AS (
    SELECT
        CASE WHEN subscriptions.derived THEN 1 ELSE 0 END AS is_derived,
        coalesce(subscriptions.cycle_certainty, '') AS cycle_certainty,
        CASE WHEN subscriptions.start_certainty = 'unknown' THEN 1 ELSE 0 END AS is_start_unknown,
        CASE WHEN subscriptions.first_wait_days IS NULL THEN 0 ELSE 1 END AS is_unrecorded,
        CASE
            WHEN CAST(subscriptions.cancelled_at AS DATE) <= $as_of THEN 1
            WHEN ended.subscription_id IS NOT NULL THEN 1
            ELSE 0
        END AS has_ended
    FROM subscriptions
    LEFT JOIN ended ON subscriptions.subscription_id = ended.subscription_id
    WHERE CAST(subscriptions.started_at AS DATE) <= $as_of
)

SELECT
    count(*) AS subscriptions,
    CAST(coalesce(sum(is_derived), 0) AS BIGINT) AS derived,
    CAST(coalesce(sum(CASE WHEN cycle_certainty = 'certain' THEN is_derived ELSE 0 END), 0) AS BIGINT)
        AS certain,
    CAST(coalesce(sum(CASE WHEN cycle_certainty = 'likely' THEN is_derived ELSE 0 END), 0) AS BIGINT)
        AS likely,
    CAST(coalesce(sum(CASE WHEN cycle_certainty = 'assumed' THEN is_derived ELSE 0 END), 0) AS BIGINT)
        AS assumed,
    CAST(coalesce(sum(CASE WHEN cycle_certainty <> '' THEN 1 - is_derived ELSE 0 END), 0) AS BIGINT)
        AS estimated_besides,
    CAST(coalesce(sum(CASE WHEN is_derived = 0 THEN is_unrecorded ELSE 0 END), 0) AS BIGINT)
        AS unrecorded_besides,
    CAST(coalesce(sum(is_start_unknown), 0) AS BIGINT) AS start_unknown,
    CAST(coalesce(sum(has_ended), 0) AS BIGINT) AS ended
FROM known
