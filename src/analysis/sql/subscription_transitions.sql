-- How many subscriptions went which way from order n to order n + 1 as of a day, counted four times:
-- `cut` 'cohort' by month of the first order, standing and whether decided within the last 365 days;
-- 'source' by source and reason; 'product' and 'offer' by those. Each cut counts every subscription
-- once for every order that it has taken.
--
-- A way is decided when the next order's due day + grace has passed, whatever came of it: what is
-- known earlier of some, a cancellation, does not count before it would be known of all. The due
-- day is the order's day + cycle, moved by skipped cycles and by days of pause. Where these are not
-- recorded (first_wait_days is not empty) it is one cycle later, after the first order as long as it
-- takes to tell the cycle; and what follows within four cycles is late, and no end.
--
-- Outcomes: `continued` (next order by due day + grace), `cancelled`, `lapsed` (no next order and no
-- cancellation), `payment_failed`, `not_yet_due`, `committed` (leaving was not allowed), `paused`
-- (pause still open), `came_back` (orders after the subscription had ended once), `began_before`
-- (older than the data, so the order number is not known). Standing: `past` (the next order is
-- there), `ended` (cancelled since) or `open`.
--
-- An order that follows within a quarter of the cycle (seven days at most) is a parcel of the same
-- order: exchanges and duplicates are no order numbers, and their amounts are the order's.
WITH terms AS (
    SELECT
        subscription_id,
        row_number() OVER (ORDER BY subscription_id) AS subscription_no,
        product_id,
        offer,
        cycle_days,
        CASE WHEN first_wait_days IS NULL THEN 0 ELSE 1 END AS is_unrecorded,
        CASE WHEN start_certainty = 'unknown' THEN 1 ELSE 0 END AS is_start_unknown,
        first_wait_days,
        coalesce(commitment_orders, 1) AS commitment_orders,
        CAST(started_at AS DATE) AS started_day,
        CASE WHEN CAST(cancelled_at AS DATE) <= $as_of THEN CAST(cancelled_at AS DATE) END
            AS cancelled_day,
        CASE WHEN CAST(cancelled_at AS DATE) <= $as_of THEN cancel_reason END AS cancel_reason
    FROM subscriptions
    WHERE CAST(started_at AS DATE) <= $as_of
),

parcels AS (
    SELECT
        terms.subscription_no,
        terms.cycle_days,
        orders.source,
        orders.amount_minor,
        orders.subscription_order_no,
        CAST(orders.ordered_at AS DATE) AS day,
        lag(CAST(orders.ordered_at AS DATE)) OVER (
            PARTITION BY terms.subscription_no
            ORDER BY orders.ordered_at, orders.amount_minor, orders.order_id
        ) AS day_before
    FROM orders
    INNER JOIN terms ON orders.subscription_id = terms.subscription_id
    WHERE CAST(orders.ordered_at AS DATE) <= $as_of
),

-- A parcel of the order before has no place of its own: its amount is that order's.
placed AS (
    SELECT
        subscription_no,
        day,
        amount_minor,
        source,
        subscription_order_no,
        is_order,
        CAST(sum(is_order) OVER (PARTITION BY subscription_no ORDER BY day) AS BIGINT) AS place
    FROM (
        SELECT
            parcels.*,
            CASE WHEN day_before IS NULL
                OR 4 * date_diff('day', day_before, day)
                >= CASE WHEN cycle_days < 28 THEN cycle_days ELSE 28 END
                THEN 1 ELSE 0 END AS is_order
        FROM parcels
    ) AS marked
),

numbered AS (
    SELECT
        subscription_no,
        place,
        min(day) AS day,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
        lead(min(day)) OVER (PARTITION BY subscription_no ORDER BY place) AS next_day,
        max(CASE WHEN is_order = 1 THEN source END) AS source,
        max(CASE WHEN is_order = 1 THEN subscription_order_no END) AS subscription_order_no
    FROM placed
    GROUP BY subscription_no, place
),

-- What happened between an order and the next one, in days since the order.
marks AS (
    SELECT
        numbered.subscription_no,
        numbered.place,
        CAST(sum(CASE WHEN events.event = 'skip' THEN 1 ELSE 0 END) AS BIGINT) AS skips,
        CAST(sum(CASE WHEN events.event = 'pause' THEN 1 ELSE 0 END) AS BIGINT) AS pauses,
        CAST(sum(CASE WHEN events.event = 'resume' THEN 1 ELSE 0 END) AS BIGINT) AS resumes,
        CAST(sum(CASE
            WHEN events.event = 'pause' THEN -date_diff('day', numbered.day, events.day)
            WHEN events.event = 'resume' THEN date_diff('day', numbered.day, events.day)
            ELSE 0
        END) AS BIGINT) AS resume_less_pause_days,
        max(CASE WHEN events.event = 'resume' THEN date_diff('day', numbered.day, events.day) END)
            AS resume_days,
        min(CASE WHEN events.event = 'cancel' THEN date_diff('day', numbered.day, events.day) END)
            AS cancel_days,
        max(CASE WHEN events.event = 'cancel' THEN events.reason END) AS cancel_reason,
        max(CASE WHEN events.event = 'payment_failure' THEN 1 ELSE 0 END) AS has_failure
    FROM numbered
    INNER JOIN (
        SELECT
            terms.subscription_no,
            subscription_events.event,
            subscription_events.reason,
            CAST(subscription_events.event_at AS DATE) AS day
        FROM subscription_events
        INNER JOIN terms ON subscription_events.subscription_id = terms.subscription_id
        WHERE CAST(subscription_events.event_at AS DATE) <= $as_of
    ) AS events
        ON numbered.subscription_no = events.subscription_no
        AND events.day >= numbered.day
        AND (numbered.next_day IS NULL OR events.day < numbered.next_day)
    GROUP BY numbered.subscription_no, numbered.place
),

-- What stays the same through a subscription.
spans AS (
    SELECT
        terms.subscription_no,
        terms.cycle_days,
        terms.is_unrecorded,
        terms.first_wait_days,
        terms.commitment_orders,
        terms.cancelled_day,
        terms.product_id,
        terms.offer,
        terms.cancel_reason,
        firsts.source,
        coalesce(firsts.subscription_order_no, 1) - 1 AS orders_before,
        CASE WHEN coalesce(firsts.subscription_order_no, 1) = 1
            AND (
                terms.is_start_unknown = 1
                OR date_diff('day', terms.started_day, firsts.day) > terms.cycle_days + $grace_days
            )
            THEN 1 ELSE 0 END AS began_before,
        CASE WHEN coalesce(firsts.subscription_order_no, 1) = 1 THEN firsts.day
            ELSE terms.started_day END AS cohort_day
    FROM terms
    INNER JOIN numbered AS firsts ON terms.subscription_no = firsts.subscription_no
    WHERE firsts.place = 1
),

-- Days from each order to the next one, to the as-of day and to a cancellation.
waits AS (
    SELECT
        numbered.subscription_no,
        numbered.place,
        numbered.amount_minor,
        spans.cycle_days,
        spans.is_unrecorded,
        CASE
            WHEN spans.is_unrecorded = 0 THEN 0
            WHEN numbered.place = 1 THEN spans.first_wait_days - spans.cycle_days
            ELSE spans.cycle_days
        END AS patience_days,
        date_diff('day', numbered.day, numbered.next_day) AS gap_days,
        date_diff('day', numbered.day, CAST($as_of AS DATE)) AS seen_days,
        CASE
            WHEN numbered.next_day IS NULL
                OR (spans.cancelled_day >= numbered.day AND spans.cancelled_day < numbered.next_day)
                THEN coalesce(
                    date_diff('day', numbered.day, spans.cancelled_day), marks.cancel_days
                )
            ELSE marks.cancel_days
        END AS cancel_days,
        coalesce(marks.skips, 0) AS skips,
        coalesce(marks.pauses, 0) AS pauses,
        coalesce(marks.resumes, 0) AS resumes,
        coalesce(marks.resume_less_pause_days, 0) AS resume_less_pause_days,
        marks.resume_days,
        marks.cancel_reason,
        coalesce(marks.has_failure, 0) AS has_failure
    FROM numbered
    INNER JOIN spans ON numbered.subscription_no = spans.subscription_no
    LEFT JOIN marks
        ON numbered.subscription_no = marks.subscription_no AND numbered.place = marks.place
),

dues AS (
    SELECT
        subscription_no,
        place,
        amount_minor,
        gap_days,
        seen_days,
        cancel_days,
        resume_days,
        cancel_reason,
        has_failure,
        cycle_days + $grace_days AS unmoved_days,
        is_unrecorded,
        cycle_days,
        CASE WHEN pauses = resumes + 1 AND gap_days IS NULL AND cancel_days IS NULL
            THEN 1 ELSE 0 END AS is_paused,
        -- A pause without an end is over when the next order or a cancellation comes.
        cycle_days * (1 + skips) + patience_days + CASE
            WHEN pauses = resumes AND resume_less_pause_days > 0 THEN resume_less_pause_days
            WHEN pauses = resumes + 1
                AND resume_less_pause_days + coalesce(gap_days, cancel_days, seen_days) > 0
                THEN resume_less_pause_days + coalesce(gap_days, cancel_days, seen_days)
            ELSE 0
        END AS wait_days
    FROM waits
),

limits AS (
    SELECT
        dues.*,
        CASE WHEN is_unrecorded = 1 AND 4 * cycle_days > wait_days THEN 4 * cycle_days
            ELSE wait_days END AS limit_days
    FROM dues
),

judged AS (
    SELECT
        subscription_no,
        place,
        amount_minor,
        CASE WHEN gap_days IS NULL THEN 1 ELSE 0 END AS is_last,
        CASE WHEN cancel_days IS NULL THEN 0 ELSE 1 END AS is_cancelled,
        is_paused,
        cancel_reason,
        has_failure,
        CASE WHEN gap_days > limit_days + $grace_days
            OR (gap_days IS NOT NULL AND resume_days > cancel_days) THEN 1 ELSE 0 END AS has_ended,
        CASE WHEN seen_days >= wait_days + $grace_days THEN 1 ELSE 0 END AS is_decided,
        CASE WHEN seen_days - wait_days - $grace_days < 365 THEN 1 ELSE 0 END AS is_recent,
        -- The same with half and with double the grace, and without regard to skips and pauses.
        CASE WHEN 2 * (seen_days - wait_days) < $grace_days THEN 0
            WHEN 2 * (gap_days - limit_days) <= $grace_days THEN 2 ELSE 1 END AS by_half_grace,
        CASE WHEN seen_days - wait_days < 2 * $grace_days THEN 0
            WHEN gap_days - limit_days <= 2 * $grace_days THEN 2 ELSE 1 END AS by_double_grace,
        CASE WHEN seen_days < unmoved_days THEN 0
            WHEN gap_days <= unmoved_days THEN 2 ELSE 1 END AS by_cycle
    FROM limits
),

spells AS (
    SELECT
        judged.*,
        coalesce(CAST(sum(has_ended) OVER (
            PARTITION BY subscription_no ORDER BY place
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS BIGINT), 0) AS ended_before
    FROM judged
),

outcomes AS (
    SELECT
        spells.place + spans.orders_before AS order_no,
        CAST(extract(YEAR FROM spans.cohort_day) AS BIGINT) * 12
            + CAST(extract(MONTH FROM spans.cohort_day) AS BIGINT) - 1 AS cohort_month_no,
        spans.source,
        spans.product_id,
        spans.offer,
        CASE WHEN spells.is_last = 1 AND spells.is_cancelled = 1
            THEN coalesce(spans.cancel_reason, spells.cancel_reason) END AS cancel_reason,
        CASE WHEN spans.commitment_orders > 1
            AND spells.place + spans.orders_before = spans.commitment_orders
            THEN 1 ELSE 0 END AS is_commitment_end,
        CASE WHEN spells.is_last = 0 THEN 'past' WHEN spells.is_cancelled = 1 THEN 'ended'
            ELSE 'open' END AS standing,
        spells.is_decided * spells.is_recent AS is_recent,
        CASE
            WHEN spans.began_before = 1 THEN 'began_before'
            WHEN spells.ended_before > 0 THEN 'came_back'
            WHEN spells.place + spans.orders_before < spans.commitment_orders THEN 'committed'
            WHEN spells.is_paused = 1 THEN 'paused'
            WHEN spells.is_decided = 0 THEN 'not_yet_due'
            WHEN spells.is_last = 0 AND spells.has_ended = 0 THEN 'continued'
            WHEN spells.has_failure = 1 THEN 'payment_failed'
            WHEN spells.is_cancelled = 1 THEN 'cancelled'
            ELSE 'lapsed'
        END AS outcome,
        spells.amount_minor,
        spells.by_half_grace,
        spells.by_double_grace,
        spells.by_cycle
    FROM spells
    INNER JOIN spans ON spells.subscription_no = spans.subscription_no
),

cells AS (
    SELECT
        order_no,
        cohort_month_no,
        source,
        product_id,
        offer,
        cancel_reason,
        is_commitment_end,
        standing,
        is_recent,
        outcome,
        count(*) AS subscriptions,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
        CAST(sum(CASE WHEN by_half_grace > 0 THEN 1 ELSE 0 END) AS BIGINT) AS half_grace_decided,
        CAST(sum(CASE WHEN by_half_grace > 1 THEN 1 ELSE 0 END) AS BIGINT) AS half_grace_continued,
        CAST(sum(CASE WHEN by_double_grace > 0 THEN 1 ELSE 0 END) AS BIGINT) AS double_grace_decided,
        CAST(sum(CASE WHEN by_double_grace > 1 THEN 1 ELSE 0 END) AS BIGINT) AS double_grace_continued,
        CAST(sum(CASE WHEN by_cycle > 0 THEN 1 ELSE 0 END) AS BIGINT) AS by_cycle_decided,
        CAST(sum(CASE WHEN by_cycle > 1 THEN 1 ELSE 0 END) AS BIGINT) AS by_cycle_continued
    FROM outcomes
    GROUP BY
        order_no, cohort_month_no, source, product_id, offer, cancel_reason, is_commitment_end,
        standing, is_recent, outcome
)

SELECT
    CASE
        WHEN GROUPING(cohort_month_no) = 0 THEN 'cohort'
        WHEN GROUPING(source) = 0 THEN 'source'
        WHEN GROUPING(product_id) = 0 THEN 'product'
        ELSE 'offer'
    END AS cut,
    order_no,
    is_commitment_end,
    outcome,
    cohort_month_no,
    standing,
    is_recent,
    source,
    cancel_reason,
    product_id,
    offer,
    CAST(sum(subscriptions) AS BIGINT) AS subscriptions,
    CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
    CAST(sum(half_grace_decided) AS BIGINT) AS half_grace_decided,
    CAST(sum(half_grace_continued) AS BIGINT) AS half_grace_continued,
    CAST(sum(double_grace_decided) AS BIGINT) AS double_grace_decided,
    CAST(sum(double_grace_continued) AS BIGINT) AS double_grace_continued,
    CAST(sum(by_cycle_decided) AS BIGINT) AS by_cycle_decided,
    CAST(sum(by_cycle_continued) AS BIGINT) AS by_cycle_continued
FROM cells
GROUP BY GROUPING SETS (
    (order_no, is_commitment_end, outcome, cohort_month_no, standing, is_recent),
    (order_no, is_commitment_end, outcome, source, cancel_reason),
    (order_no, is_commitment_end, outcome, product_id),
    (order_no, is_commitment_end, outcome, offer)
)
ORDER BY
    cut, order_no, is_commitment_end, outcome, cohort_month_no, standing, is_recent, source,
    cancel_reason, product_id, offer
