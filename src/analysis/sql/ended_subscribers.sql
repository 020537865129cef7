-- How many customers ended their last subscription how long ago, and why: one row per (days since
-- then, reason). Whoever still has another subscription is not among them. Days are counted up to
-- the end of the range they fall in: 30, 90, 180, 365, or 0 for longer ago.
WITH known AS (
    SELECT
        customer_id,
        subscription_id,
        cancelled_at,
        cancel_reason,
        CASE WHEN CAST(cancelled_at AS DATE) <= $as_of THEN 1 ELSE 0 END AS has_ended
    FROM subscriptions
    WHERE CAST(started_at AS DATE) <= $as_of
),

latest AS (
    SELECT
        CAST(cancelled_at AS DATE) AS day,
        cancel_reason,
        min(has_ended) OVER (PARTITION BY customer_id) AS all_ended,
        row_number() OVER (
            PARTITION BY customer_id ORDER BY has_ended DESC, cancelled_at DESC, subscription_id
        ) AS place
    FROM known
),

ended AS (
    SELECT cancel_reason, date_diff('day', day, CAST($as_of AS DATE)) AS days
    FROM latest
    WHERE all_ended = 1 AND place = 1
)

SELECT
    CASE
        WHEN days <= 30 THEN 30
        WHEN days <= 90 THEN 90
        WHEN days <= 180 THEN 180
        WHEN days <= 365 THEN 365
        ELSE 0
    END AS within_days,
    cancel_reason,
    count(*) AS customers
FROM ended
GROUP BY within_days, cancel_reason
ORDER BY within_days, cancel_reason
