WITH terms AS (
  SELECT
    subscription_id,
    ROW_NUMBER() OVER (ORDER BY subscription_id NULLS LAST) AS subscription_no,
    product_id,
    offer,
    cycle_days,
    CASE WHEN first_wait_days IS NULL THEN 0 ELSE 1 END AS is_unrecorded,
    CASE WHEN start_certainty = 'unknown' THEN 1 ELSE 0 END AS is_start_unknown,
    first_wait_days,
    COALESCE(commitment_orders, 1) AS commitment_orders,
    CAST(started_at AS DATE) AS started_day,
    CASE WHEN CAST(cancelled_at AS DATE) <= :as_of THEN CAST(cancelled_at AS DATE) END AS cancelled_day,
    CASE WHEN CAST(cancelled_at AS DATE) <= :as_of THEN cancel_reason END AS cancel_reason
  FROM subscriptions
  WHERE
    CAST(started_at AS DATE) <= :as_of
), parcels AS (
  SELECT
    terms.subscription_no,
    terms.cycle_days,
    orders.source,
    orders.amount_minor,
    orders.subscription_order_no,
    CAST(orders.ordered_at AS DATE) AS day,
    LAG(CAST(orders.ordered_at AS DATE)) OVER (
      PARTITION BY terms.subscription_no
      ORDER BY orders.ordered_at NULLS LAST, orders.amount_minor NULLS LAST, orders.order_id NULLS LAST
    ) AS day_before
  FROM orders
  INNER JOIN terms
    ON orders.subscription_id = terms.subscription_id
  WHERE
    CAST(orders.ordered_at AS DATE) <= :as_of
), placed AS (
  SELECT
    subscription_no,
    day,
    amount_minor,
    source,
    subscription_order_no,
    is_order,
    CAST(SUM(is_order) OVER (PARTITION BY subscription_no ORDER BY day NULLS LAST) AS BIGINT) AS place
  FROM (
    SELECT
      parcels.*,
      CASE
        WHEN day_before IS NULL
        OR 4 * DATEDIFF(DAY, day_before, day) >= CASE WHEN cycle_days < 28 THEN cycle_days ELSE 28 END
        THEN 1
        ELSE 0
      END AS is_order
    FROM parcels
  ) AS marked
), numbered AS (
  SELECT
    subscription_no,
    place,
    MIN(day) AS day,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
    LEAD(MIN(day)) OVER (PARTITION BY subscription_no ORDER BY place NULLS LAST) AS next_day,
    MAX(CASE WHEN is_order = 1 THEN source END) AS source,
    MAX(CASE WHEN is_order = 1 THEN subscription_order_no END) AS subscription_order_no
  FROM placed
  GROUP BY
    subscription_no,
    place
), marks AS (
  SELECT
    numbered.subscription_no,
    numbered.place,
    CAST(SUM(CASE WHEN events.event = 'skip' THEN 1 ELSE 0 END) AS BIGINT) AS skips,
    CAST(SUM(CASE WHEN events.event = 'pause' THEN 1 ELSE 0 END) AS BIGINT) AS pauses,
    CAST(SUM(CASE WHEN events.event = 'resume' THEN 1 ELSE 0 END) AS BIGINT) AS resumes,
    CAST(SUM(
      CASE
        WHEN events.event = 'pause'
        THEN -DATEDIFF(DAY, numbered.day, events.day)
        WHEN events.event = 'resume'
        THEN DATEDIFF(DAY, numbered.day, events.day)
        ELSE 0
      END
    ) AS BIGINT) AS resume_less_pause_days,
    MAX(
      CASE WHEN events.event = 'resume' THEN DATEDIFF(DAY, numbered.day, events.day) END
    ) AS resume_days,
    MIN(
      CASE WHEN events.event = 'cancel' THEN DATEDIFF(DAY, numbered.day, events.day) END
    ) AS cancel_days,
    MAX(CASE WHEN events.event = 'cancel' THEN events.reason END) AS cancel_reason,
    MAX(CASE WHEN events.event = 'payment_failure' THEN 1 ELSE 0 END) AS has_failure
  FROM numbered
  INNER JOIN (
    SELECT
      terms.subscription_no,
      subscription_events.event,
      subscription_events.reason,
      CAST(subscription_events.event_at AS DATE) AS day
    FROM subscription_events
    INNER JOIN terms
      ON subscription_events.subscription_id = terms.subscription_id
    WHERE
      CAST(subscription_events.event_at AS DATE) <= :as_of
  ) AS events
    ON numbered.subscription_no = events.subscription_no
    AND events.day >= numbered.day
    AND (
      numbered.next_day IS NULL OR events.day < numbered.next_day
    )
  GROUP BY
    numbered.subscription_no,
    numbered.place
), spans AS (
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
    COALESCE(firsts.subscription_order_no, 1) - 1 AS orders_before,
    CASE
      WHEN COALESCE(firsts.subscription_order_no, 1) = 1
      AND (
        terms.is_start_unknown = 1
        OR DATEDIFF(DAY, terms.started_day, firsts.day) > terms.cycle_days + :grace_days
      )
      THEN 1
      ELSE 0
    END AS began_before,
    CASE
      WHEN COALESCE(firsts.subscription_order_no, 1) = 1
      THEN firsts.day
      ELSE terms.started_day
    END AS cohort_day
  FROM terms
  INNER JOIN numbered AS firsts
    ON terms.subscription_no = firsts.subscription_no
  WHERE
    firsts.place = 1
), waits AS (
  SELECT
    numbered.subscription_no,
    numbered.place,
    numbered.amount_minor,
    spans.cycle_days,
    spans.is_unrecorded,
    CASE
      WHEN spans.is_unrecorded = 0
      THEN 0
      WHEN numbered.place = 1
      THEN spans.first_wait_days - spans.cycle_days
      ELSE spans.cycle_days
    END AS patience_days,
    DATEDIFF(DAY, numbered.day, numbered.next_day) AS gap_days,
    DATEDIFF(DAY, numbered.day, CAST(:as_of AS DATE)) AS seen_days,
    CASE
      WHEN numbered.next_day IS NULL
      OR (
        spans.cancelled_day >= numbered.day AND spans.cancelled_day < numbered.next_day
      )
      THEN COALESCE(DATEDIFF(DAY, numbered.day, spans.cancelled_day), marks.cancel_days)
      ELSE marks.cancel_days
    END AS cancel_days,
    COALESCE(marks.skips, 0) AS skips,
    COALESCE(marks.pauses, 0) AS pauses,
    COALESCE(marks.resumes, 0) AS resumes,
    COALESCE(marks.resume_less_pause_days, 0) AS resume_less_pause_days,
    marks.resume_days,
    marks.cancel_reason,
    COALESCE(marks.has_failure, 0) AS has_failure
  FROM numbered
  INNER JOIN spans
    ON numbered.subscription_no = spans.subscription_no
  LEFT JOIN marks
    ON numbered.subscription_no = marks.subscription_no AND numbered.place = marks.place
), dues AS (
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
    cycle_days + :grace_days AS unmoved_days,
    is_unrecorded,
    cycle_days,
    CASE
      WHEN pauses = resumes + 1 AND gap_days IS NULL AND cancel_days IS NULL
      THEN 1
      ELSE 0
    END AS is_paused,
    cycle_days * (
      1 + skips
    ) + patience_days + CASE
      WHEN pauses = resumes AND resume_less_pause_days > 0
      THEN resume_less_pause_days
      WHEN pauses = resumes + 1
      AND resume_less_pause_days + COALESCE(gap_days, cancel_days, seen_days) > 0
      THEN resume_less_pause_days + COALESCE(gap_days, cancel_days, seen_days)
      ELSE 0
    END AS wait_days
  FROM waits
), limits AS (
  SELECT
    dues.*,
    CASE
      WHEN is_unrecorded = 1 AND 4 * cycle_days > wait_days
      THEN 4 * cycle_days
      ELSE wait_days
    END AS limit_days
  FROM dues
), judged AS (
  SELECT
    subscription_no,
    place,
    amount_minor,
    CASE WHEN gap_days IS NULL THEN 1 ELSE 0 END AS is_last,
    CASE WHEN cancel_days IS NULL THEN 0 ELSE 1 END AS is_cancelled,
    is_paused,
    cancel_reason,
    has_failure,
    CASE
      WHEN gap_days > limit_days + :grace_days
      OR (
        NOT gap_days IS NULL AND resume_days > cancel_days
      )
      THEN 1
      ELSE 0
    END AS has_ended,
    CASE WHEN seen_days >= wait_days + :grace_days THEN 1 ELSE 0 END AS is_decided,
    CASE WHEN seen_days - wait_days - :grace_days < 365 THEN 1 ELSE 0 END AS is_recent,
    CASE
      WHEN 2 * (
        seen_days - wait_days
      ) < :grace_days
      THEN 0
      WHEN 2 * (
        gap_days - limit_days
      ) <= :grace_days
      THEN 2
      ELSE 1
    END AS by_half_grace,
    CASE
      WHEN seen_days - wait_days < 2 * :grace_days
      THEN 0
      WHEN gap_days - limit_days <= 2 * :grace_days
      THEN 2
      ELSE 1
    END AS by_double_grace,
    CASE
      WHEN seen_days < unmoved_days
      THEN 0
      WHEN gap_days <= unmoved_days
      THEN 2
      ELSE 1
    END AS by_cycle
  FROM limits
), spells AS (
  SELECT
    judged.*,
    COALESCE(
      CAST(SUM(has_ended) OVER (
        PARTITION BY subscription_no
        ORDER BY place NULLS LAST
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ) AS BIGINT),
      0
    ) AS ended_before
  FROM judged
), outcomes AS (
  SELECT
    spells.place + spans.orders_before AS order_no,
    CAST(EXTRACT(YEAR FROM spans.cohort_day) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM spans.cohort_day) AS BIGINT) - 1 AS cohort_month_no,
    spans.source,
    spans.product_id,
    spans.offer,
    CASE
      WHEN spells.is_last = 1 AND spells.is_cancelled = 1
      THEN COALESCE(spans.cancel_reason, spells.cancel_reason)
    END AS cancel_reason,
    CASE
      WHEN spans.commitment_orders > 1
      AND spells.place + spans.orders_before = spans.commitment_orders
      THEN 1
      ELSE 0
    END AS is_commitment_end,
    CASE
      WHEN spells.is_last = 0
      THEN 'past'
      WHEN spells.is_cancelled = 1
      THEN 'ended'
      ELSE 'open'
    END AS standing,
    spells.is_decided * spells.is_recent AS is_recent,
    CASE
      WHEN spans.began_before = 1
      THEN 'began_before'
      WHEN spells.ended_before > 0
      THEN 'came_back'
      WHEN spells.place + spans.orders_before < spans.commitment_orders
      THEN 'committed'
      WHEN spells.is_paused = 1
      THEN 'paused'
      WHEN spells.is_decided = 0
      THEN 'not_yet_due'
      WHEN spells.is_last = 0 AND spells.has_ended = 0
      THEN 'continued'
      WHEN spells.has_failure = 1
      THEN 'payment_failed'
      WHEN spells.is_cancelled = 1
      THEN 'cancelled'
      ELSE 'lapsed'
    END AS outcome,
    spells.amount_minor,
    spells.by_half_grace,
    spells.by_double_grace,
    spells.by_cycle
  FROM spells
  INNER JOIN spans
    ON spells.subscription_no = spans.subscription_no
), cells AS (
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
    COUNT(*) AS subscriptions,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
    CAST(SUM(CASE WHEN by_half_grace > 0 THEN 1 ELSE 0 END) AS BIGINT) AS half_grace_decided,
    CAST(SUM(CASE WHEN by_half_grace > 1 THEN 1 ELSE 0 END) AS BIGINT) AS half_grace_continued,
    CAST(SUM(CASE WHEN by_double_grace > 0 THEN 1 ELSE 0 END) AS BIGINT) AS double_grace_decided,
    CAST(SUM(CASE WHEN by_double_grace > 1 THEN 1 ELSE 0 END) AS BIGINT) AS double_grace_continued,
    CAST(SUM(CASE WHEN by_cycle > 0 THEN 1 ELSE 0 END) AS BIGINT) AS by_cycle_decided,
    CAST(SUM(CASE WHEN by_cycle > 1 THEN 1 ELSE 0 END) AS BIGINT) AS by_cycle_continued
  FROM outcomes
  GROUP BY
    order_no,
    cohort_month_no,
    source,
    product_id,
    offer,
    cancel_reason,
    is_commitment_end,
    standing,
    is_recent,
    outcome
)
SELECT
  CASE
    WHEN GROUPING(cohort_month_no) = 0
    THEN 'cohort'
    WHEN GROUPING(source) = 0
    THEN 'source'
    WHEN GROUPING(product_id) = 0
    THEN 'product'
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
  CAST(SUM(subscriptions) AS BIGINT) AS subscriptions,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
  CAST(SUM(half_grace_decided) AS BIGINT) AS half_grace_decided,
  CAST(SUM(half_grace_continued) AS BIGINT) AS half_grace_continued,
  CAST(SUM(double_grace_decided) AS BIGINT) AS double_grace_decided,
  CAST(SUM(double_grace_continued) AS BIGINT) AS double_grace_continued,
  CAST(SUM(by_cycle_decided) AS BIGINT) AS by_cycle_decided,
  CAST(SUM(by_cycle_continued) AS BIGINT) AS by_cycle_continued
FROM cells
GROUP BY
  GROUPING SETS (
    (order_no, is_commitment_end, outcome, cohort_month_no, standing, is_recent),
    (order_no, is_commitment_end, outcome, source, cancel_reason),
    (order_no, is_commitment_end, outcome, product_id),
    (order_no, is_commitment_end, outcome, offer)
  )
ORDER BY
  cut NULLS LAST,
  order_no NULLS LAST,
  is_commitment_end NULLS LAST,
  outcome NULLS LAST,
  cohort_month_no NULLS LAST,
  standing NULLS LAST,
  is_recent NULLS LAST,
  source NULLS LAST,
  cancel_reason NULLS LAST,
  product_id NULLS LAST,
  offer NULLS LAST
