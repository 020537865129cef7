-- How many customers ended their last subscription how long ago, and why: one row per (days since
-- then, reason). Whoever still has another subscription is not among them. Days are counted up to
-- the end of the range they fall in: 30, 90, 180, 365, or 0 for longer ago. Ended is also what an
-- event says so of, unless it was resumed or took an order since.
WITH last_orders AS (
    SELECT subscription_id, max(CAST(ordered_at AS DATE)) AS day
    FROM orders
    WHERE subscription_id IS NOT NULL AND CAST(ordered_at AS DATE) <= $as_of
    GROUP BY subscription_id
),

-- The last that events say of whether a subscription goes on.
last_words AS (
    SELECT
        subscription_id,
        event,
        reason,
        event_at,
        row_number() OVER (PARTITION BY subscription_id ORDER BY event_at DESC, event) AS place
    FROM subscription_events
    WHERE event IN ('cancel', 'resume') AND CAST(event_at AS DATE) <= $as_of
),

known AS (
    SELECT
        subscriptions.customer_id,
        subscriptions.subscription_id,
        CASE WHEN CAST(subscriptions.cancelled_at AS DATE) <= $as_of
            THEN subscriptions.cancelled_at ELSE last_words.event_at END AS cancelled_at,
        CASE WHEN CAST(subscriptions.cancelled_at AS DATE) <= $as_of
            THEN subscriptions.cancel_reason ELSE last_words.reason END AS cancel_reason
    FROM subscriptions
    LEFT JOIN last_orders ON subscriptions.subscription_id = last_orders.subscription_id
    LEFT JOIN last_words
        ON subscriptions.subscription_id = last_words.subscription_id
        AND last_words.place = 1
        AND last_words.event = 'cancel'
        AND (last_orders.day IS NULL OR CAST(last_words.event_at AS DATE) >= last_orders.day)
    WHERE CAST(subscriptions.started_at AS DATE) <= $as_of
),

marked AS (
    SELECT
        customer_id,
        subscription_id,
        cancelled_at,
        cancel_reason,
        CASE WHEN cancelled_at IS NULL THEN 0 ELSE 1 END AS has_ended
    FROM known
),

latest AS (
    SELECT
        CAST(cancelled_at AS DATE) AS day,
        cancel_reason,
        min(has_ended) OVER (PARTITION BY customer_id) AS all_ended,
        row_number() OVER (
            PARTITION BY customer_id ORDER BY has_ended DESC, cancelled_at DESC, subscription_id
        ) AS place
    FROM marked
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
