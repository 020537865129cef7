-- One row per customer who has had a subscription by a day: how it stands. Of several it is the one
-- that runs, then the one with the latest order, as the evaluation of campaigns chooses.
--
-- Several orders of a day, and an order that follows within a quarter of the cycle (seven days at
-- most), are parcels of the same order. The next order is due a cycle after the last, moved by
-- skipped cycles and by days of pause since. Cancelled is also what an event says so of, unless it
-- was resumed or took an order since.
WITH terms AS (
    SELECT
        subscription_id,
        customer_id,
        cycle_days,
        CAST(started_at AS DATE) AS started_day,
        CASE WHEN CAST(cancelled_at AS DATE) <= $as_of
            THEN CAST(cancelled_at AS DATE) END AS cancelled_day,
        CASE WHEN CAST(cancelled_at AS DATE) <= $as_of
            THEN cancel_reason END AS cancel_reason
    FROM subscriptions
    WHERE CAST(started_at AS DATE) <= $as_of
),

parcels AS (
    SELECT
        terms.subscription_id,
        terms.cycle_days,
        orders.subscription_order_no,
        CAST(orders.ordered_at AS DATE) AS day,
        lag(CAST(orders.ordered_at AS DATE)) OVER (
            PARTITION BY terms.subscription_id ORDER BY orders.ordered_at, orders.order_id
        ) AS day_before
    FROM terms
    INNER JOIN orders ON terms.subscription_id = orders.subscription_id
    WHERE CAST(orders.ordered_at AS DATE) <= $as_of
),

numbered AS (
    SELECT
        subscription_id,
        day,
        -- Where the data begin later than the subscription, its first order here may be the fourth.
        row_number() OVER (PARTITION BY subscription_id ORDER BY day)
        + coalesce(
            first_value(subscription_order_no) OVER (PARTITION BY subscription_id ORDER BY day), 1
        ) - 1 AS order_no
    FROM parcels
    WHERE day_before IS NULL
        OR 4 * date_diff('day', day_before, day)
        >= CASE WHEN cycle_days < 28 THEN cycle_days ELSE 28 END
),

taken AS (
    SELECT subscription_id, max(order_no) AS orders, max(day) AS last_day
    FROM numbered
    GROUP BY subscription_id
),

moves AS (
    SELECT
        terms.subscription_id,
        CAST(sum(CASE WHEN subscription_events.event = 'skip' THEN 1 ELSE 0 END) AS BIGINT)
            AS skips,
        CAST(sum(CASE
            WHEN subscription_events.event = 'pause' THEN 1
            WHEN subscription_events.event = 'resume' THEN -1
            ELSE 0
        END) AS BIGINT) AS open_pauses,
        CAST(sum(CASE
            WHEN subscription_events.event = 'pause'
                THEN -date_diff('day', terms.started_day, CAST(subscription_events.event_at AS DATE))
            WHEN subscription_events.event = 'resume'
                THEN date_diff('day', terms.started_day, CAST(subscription_events.event_at AS DATE))
            ELSE 0
        END) AS BIGINT) AS pause_days
    FROM terms
    INNER JOIN subscription_events ON terms.subscription_id = subscription_events.subscription_id
    LEFT JOIN taken ON terms.subscription_id = taken.subscription_id
    WHERE CAST(subscription_events.event_at AS DATE) <= $as_of
        AND CAST(subscription_events.event_at AS DATE)
        >= coalesce(taken.last_day, terms.started_day)
    GROUP BY terms.subscription_id
),

-- The last that events say of whether a subscription goes on.
last_words AS (
    SELECT
        subscription_id,
        event,
        reason,
        CAST(event_at AS DATE) AS day,
        row_number() OVER (PARTITION BY subscription_id ORDER BY event_at DESC, event) AS place
    FROM subscription_events
    WHERE event IN ('cancel', 'resume') AND CAST(event_at AS DATE) <= $as_of
),

standing AS (
    SELECT
        terms.customer_id,
        terms.subscription_id,
        coalesce(terms.cancelled_day, last_words.day) AS cancelled_day,
        CASE WHEN terms.cancelled_day IS NULL THEN last_words.reason ELSE terms.cancel_reason END
            AS cancel_reason,
        coalesce(taken.orders, 0) AS subscription_orders,
        coalesce(taken.last_day, terms.started_day) AS last_day,
        CASE
            WHEN terms.cancelled_day IS NOT NULL OR last_words.day IS NOT NULL THEN 'cancelled'
            WHEN coalesce(moves.open_pauses, 0) > 0 THEN 'paused'
            ELSE 'between_orders'
        END AS subscription_state,
        terms.cycle_days * (1 + coalesce(moves.skips, 0)) + coalesce(moves.pause_days, 0)
            AS wait_days
    FROM terms
    LEFT JOIN taken ON terms.subscription_id = taken.subscription_id
    LEFT JOIN moves ON terms.subscription_id = moves.subscription_id
    LEFT JOIN last_words
        ON terms.subscription_id = last_words.subscription_id
        AND last_words.place = 1
        AND last_words.event = 'cancel'
        AND last_words.day >= coalesce(taken.last_day, terms.started_day)
),

chosen AS (
    SELECT
        customer_id,
        subscription_state,
        subscription_orders,
        cancelled_day,
        cancel_reason,
        last_day,
        wait_days,
        row_number() OVER (
            PARTITION BY customer_id
            ORDER BY
                CASE WHEN subscription_state = 'cancelled' THEN 1 ELSE 0 END,
                CASE WHEN subscription_orders > 0 THEN 0 ELSE 1 END,
                CASE WHEN cancelled_day IS NULL THEN last_day ELSE cancelled_day END DESC,
                subscription_id
        ) AS place
    FROM standing
)

SELECT
    customer_id,
    subscription_state,
    subscription_orders,
    CASE
        WHEN subscription_state = 'between_orders'
            THEN wait_days - date_diff('day', last_day, CAST($as_of AS DATE))
    END AS days_until_next_order,
    date_diff('day', cancelled_day, CAST($as_of AS DATE)) AS days_since_cancellation,
    coalesce(cancel_reason, '') AS cancel_reason
FROM chosen
WHERE place = 1
ORDER BY customer_id
