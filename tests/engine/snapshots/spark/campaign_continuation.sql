WITH assigned AS (
  SELECT
    customer_id,
    MIN(CAST(assigned_at AS DATE)) AS assigned_day
  FROM assignments
  WHERE
    campaign_id = :campaign_id AND CAST(assigned_at AS DATE) <= :as_of
  GROUP BY
    customer_id
), terms AS (
  SELECT
    assigned.customer_id,
    assigned.assigned_day,
    subscriptions.subscription_id,
    subscriptions.cycle_days,
    CASE
      WHEN subscriptions.first_wait_days IS NULL
      THEN 0
      ELSE subscriptions.cycle_days
    END AS patience_days,
    CASE
      WHEN CAST(subscriptions.cancelled_at AS DATE) <= :as_of
      THEN CAST(subscriptions.cancelled_at AS DATE)
    END AS cancelled_day
  FROM assigned
  INNER JOIN subscriptions
    ON assigned.customer_id = subscriptions.customer_id
  WHERE
    CAST(subscriptions.started_at AS DATE) <= assigned.assigned_day
    AND (
      subscriptions.cancelled_at IS NULL
      OR CAST(subscriptions.cancelled_at AS DATE) >= assigned.assigned_day
    )
), parcels AS (
  SELECT
    terms.customer_id,
    terms.assigned_day,
    terms.subscription_id,
    terms.cycle_days,
    terms.patience_days,
    terms.cancelled_day,
    orders.subscription_order_no,
    CAST(orders.ordered_at AS DATE) AS day,
    LAG(CAST(orders.ordered_at AS DATE)) OVER (
      PARTITION BY terms.subscription_id
      ORDER BY orders.ordered_at NULLS LAST, orders.order_id NULLS LAST
    ) AS day_before
  FROM terms
  INNER JOIN orders
    ON terms.subscription_id = orders.subscription_id
  WHERE
    CAST(orders.ordered_at AS DATE) <= :as_of
), numbered AS (
  SELECT
    customer_id,
    assigned_day,
    subscription_id,
    cycle_days,
    patience_days,
    cancelled_day,
    day,
    ROW_NUMBER() OVER (PARTITION BY subscription_id ORDER BY day NULLS LAST) + COALESCE(
      FIRST_VALUE(subscription_order_no) OVER (PARTITION BY subscription_id ORDER BY day NULLS LAST),
      1
    ) - 1 AS order_no
  FROM parcels
  WHERE
    day_before IS NULL
    OR 4 * DATEDIFF(DAY, day_before, day) >= CASE WHEN cycle_days < 28 THEN cycle_days ELSE 28 END
), clocks AS (
  SELECT
    customer_id,
    subscription_id,
    cycle_days,
    patience_days,
    MIN(cancelled_day) AS cancelled_day,
    MAX(CASE WHEN day <= assigned_day THEN day END) AS last_day,
    MAX(CASE WHEN day <= assigned_day THEN order_no ELSE 0 END) AS order_no_before,
    MIN(CASE WHEN order_no = :order_no THEN day END) AS reached_day
  FROM numbered
  GROUP BY
    customer_id,
    subscription_id,
    cycle_days,
    patience_days
), chosen AS (
  SELECT
    customer_id,
    subscription_id,
    cycle_days,
    patience_days,
    cancelled_day,
    last_day,
    order_no_before,
    reached_day,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY last_day DESC, subscription_id NULLS LAST) AS place
  FROM clocks
  WHERE
    NOT last_day IS NULL
), moves AS (
  SELECT
    chosen.customer_id,
    CAST(SUM(CASE WHEN subscription_events.event = 'skip' THEN 1 ELSE 0 END) AS BIGINT) AS skips,
    CAST(SUM(CASE WHEN subscription_events.event = 'pause' THEN 1 ELSE 0 END) AS BIGINT) AS pauses,
    CAST(SUM(CASE WHEN subscription_events.event = 'resume' THEN 1 ELSE 0 END) AS BIGINT) AS resumes,
    CAST(SUM(
      CASE
        WHEN subscription_events.event = 'pause'
        THEN -DATEDIFF(DAY, chosen.last_day, CAST(subscription_events.event_at AS DATE))
        WHEN subscription_events.event = 'resume'
        THEN DATEDIFF(DAY, chosen.last_day, CAST(subscription_events.event_at AS DATE))
        ELSE 0
      END
    ) AS BIGINT) AS resume_less_pause_days
  FROM chosen
  INNER JOIN subscription_events
    ON chosen.subscription_id = subscription_events.subscription_id
  WHERE
    chosen.place = 1
    AND CAST(subscription_events.event_at AS DATE) <= :as_of
    AND CAST(subscription_events.event_at AS DATE) >= chosen.last_day
    AND (
      chosen.reached_day IS NULL
      OR CAST(subscription_events.event_at AS DATE) < chosen.reached_day
    )
  GROUP BY
    chosen.customer_id
), waits AS (
  SELECT
    chosen.customer_id,
    chosen.order_no_before,
    chosen.cancelled_day,
    DATEDIFF(DAY, chosen.last_day, chosen.reached_day) AS reached_days,
    DATEDIFF(DAY, chosen.last_day, CAST(:as_of AS DATE)) AS seen_days,
    CASE WHEN COALESCE(moves.pauses, 0) > COALESCE(moves.resumes, 0) THEN 1 ELSE 0 END AS is_paused,
    (
      :order_no - chosen.order_no_before + COALESCE(moves.skips, 0)
    ) * chosen.cycle_days + chosen.patience_days + :grace_days + CASE
      WHEN COALESCE(moves.pauses, 0) = COALESCE(moves.resumes, 0)
      THEN COALESCE(moves.resume_less_pause_days, 0)
      ELSE 0
    END AS due_days
  FROM chosen
  LEFT JOIN moves
    ON chosen.customer_id = moves.customer_id
  WHERE
    chosen.place = 1
)
SELECT
  customer_id,
  order_no_before,
  CASE
    WHEN reached_days <= due_days
    THEN 1
    WHEN NOT reached_days IS NULL AND is_paused = 1
    THEN 1
    ELSE 0
  END AS reached,
  CASE
    WHEN NOT reached_days IS NULL OR NOT cancelled_day IS NULL
    THEN 0
    WHEN is_paused = 1 OR seen_days <= due_days
    THEN 1
    ELSE 0
  END AS is_open
FROM waits
WHERE
  order_no_before < :order_no
ORDER BY
  customer_id NULLS LAST
