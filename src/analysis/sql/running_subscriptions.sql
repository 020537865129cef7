-- One row per subscription that runs on a day ($known_by): not cancelled, at least one order taken.
-- Cancelled is also what an event says so of, unless it was resumed or took an order since.
-- Its last order's number and amount (all parcels), days until the next one is due, and what it has
-- taken afterwards up to the as-of day. With both days the same, nothing is known of afterwards.
--
-- Parcels, skips and pauses as in target_subscriptions. `span_days` is the time from the first to
-- the last order seen, over `steps` steps: skips make it longer than as many cycles.
WITH terms AS (
    SELECT
        subscription_id,
        customer_id,
        cycle_days,
        coalesce(commitment_orders, 1) AS commitment_orders,
        coalesce(offer, '') AS offer
    FROM subscriptions
    WHERE CAST(started_at AS DATE) <= $known_by
        AND (cancelled_at IS NULL OR CAST(cancelled_at AS DATE) > $known_by)
),

parcels AS (
    SELECT
        terms.subscription_id,
        terms.cycle_days,
        orders.subscription_order_no,
        orders.amount_minor,
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
        row_number() OVER (PARTITION BY subscription_id ORDER BY day) AS place,
        coalesce(
            first_value(subscription_order_no) OVER (PARTITION BY subscription_id ORDER BY day), 1
        ) - 1 AS orders_before
    FROM parcels
    WHERE day_before IS NULL
        OR 4 * date_diff('day', day_before, day)
        >= CASE WHEN cycle_days < 28 THEN cycle_days ELSE 28 END
),

-- The last that events say of whether a subscription goes on, by the day.
last_words AS (
    SELECT
        subscription_id,
        event,
        CAST(event_at AS DATE) AS day,
        row_number() OVER (PARTITION BY subscription_id ORDER BY event_at DESC, event) AS place
    FROM subscription_events
    WHERE event IN ('cancel', 'resume') AND CAST(event_at AS DATE) <= $known_by
),

taken AS (
    SELECT
        subscription_id,
        max(CASE WHEN day <= $known_by THEN place END) AS places,
        max(orders_before) AS orders_before,
        min(day) AS first_day,
        max(CASE WHEN day <= $known_by THEN day END) AS last_day,
        CAST(sum(CASE WHEN day > $known_by THEN 1 ELSE 0 END) AS BIGINT) AS later_orders
    FROM numbered
    GROUP BY subscription_id
    HAVING min(day) <= $known_by
),

amounts AS (
    SELECT
        taken.subscription_id,
        CAST(sum(CASE
            WHEN parcels.day >= taken.last_day AND parcels.day <= $known_by THEN parcels.amount_minor
            ELSE 0
        END) AS BIGINT) AS amount_minor,
        CAST(sum(CASE WHEN parcels.day > $known_by THEN parcels.amount_minor ELSE 0 END) AS BIGINT)
            AS later_amount_minor
    FROM taken
    INNER JOIN parcels ON taken.subscription_id = parcels.subscription_id
    GROUP BY taken.subscription_id
),

moves AS (
    SELECT
        taken.subscription_id,
        CAST(sum(CASE WHEN subscription_events.event = 'skip' THEN 1 ELSE 0 END) AS BIGINT)
            AS skips,
        CAST(sum(CASE
            WHEN subscription_events.event = 'pause' THEN 1
            WHEN subscription_events.event = 'resume' THEN -1
            ELSE 0
        END) AS BIGINT) AS open_pauses,
        CAST(sum(CASE
            WHEN subscription_events.event = 'pause'
                THEN -date_diff('day', taken.last_day, CAST(subscription_events.event_at AS DATE))
            WHEN subscription_events.event = 'resume'
                THEN date_diff('day', taken.last_day, CAST(subscription_events.event_at AS DATE))
            ELSE 0
        END) AS BIGINT) AS pause_days
    FROM taken
    INNER JOIN subscription_events ON taken.subscription_id = subscription_events.subscription_id
    WHERE CAST(subscription_events.event_at AS DATE) <= $known_by
        AND CAST(subscription_events.event_at AS DATE) >= taken.last_day
    GROUP BY taken.subscription_id
)

SELECT
    terms.customer_id,
    terms.cycle_days,
    terms.commitment_orders,
    terms.offer,
    taken.places + taken.orders_before AS order_no,
    taken.places - 1 AS steps,
    date_diff('day', taken.first_day, taken.last_day) AS span_days,
    amounts.amount_minor,
    CASE WHEN coalesce(moves.open_pauses, 0) > 0 THEN 1 ELSE 0 END AS is_paused,
    terms.cycle_days * (1 + coalesce(moves.skips, 0)) + CASE
        WHEN coalesce(moves.open_pauses, 0) > 0 THEN 0 ELSE coalesce(moves.pause_days, 0)
    END - date_diff('day', taken.last_day, CAST($known_by AS DATE)) AS days_until_next_order,
    taken.later_orders,
    amounts.later_amount_minor
FROM terms
INNER JOIN taken ON terms.subscription_id = taken.subscription_id
INNER JOIN amounts ON terms.subscription_id = amounts.subscription_id
LEFT JOIN moves ON terms.subscription_id = moves.subscription_id
LEFT JOIN last_words
    ON terms.subscription_id = last_words.subscription_id
    AND last_words.place = 1
    AND last_words.event = 'cancel'
    AND last_words.day >= taken.last_day
WHERE last_words.subscription_id IS NULL
ORDER BY terms.customer_id, terms.subscription_id
