WITH terms AS (
  SELECT
    subscription_id,
    customer_id,
    cycle_days,
    CAST(started_at AS DATE) AS started_day,
    CASE WHEN CAST(cancelled_at AS DATE) <= :as_of THEN CAST(cancelled_at AS DATE) END AS cancelled_day,
    CASE WHEN CAST(cancelled_at AS DATE) <= :as_of THEN cancel_reason END AS cancel_reason
  FROM subscriptions
  WHERE
    CAST(started_at AS DATE) <= :as_of
), parcels AS (
  SELECT
    terms.subscription_id,
    terms.cycle_days,
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
    subscription_id,
    day,
    ROW_NUMBER() OVER (PARTITION BY subscription_id ORDER BY day NULLS LAST) + COALESCE(
      FIRST_VALUE(subscription_order_no) OVER (PARTITION BY subscription_id ORDER BY day NULLS LAST),
      1
    ) - 1 AS order_no
  FROM parcels
  WHERE
    day_before IS NULL
    OR 4 * DATEDIFF(DAY, day_before, day) >= CASE WHEN cycle_days < 28 THEN cycle_days ELSE 28 END
), taken AS (
  SELECT
    subscription_id,
    MAX(order_no) AS orders,
    MAX(day) AS last_day
  FROM numbered
  GROUP BY
    subscription_id
), moves AS (
  SELECT
    terms.subscription_id,
    CAST(SUM(CASE WHEN subscription_events.event = 'skip' THEN 1 ELSE 0 END) AS BIGINT) AS skips,
    CAST(SUM(
      CASE
        WHEN subscription_events.event = 'pause'
        THEN 1
        WHEN subscription_events.event = 'resume'
        THEN -1
        ELSE 0
      END
    ) AS BIGINT) AS open_pauses,
    CAST(SUM(
      CASE
        WHEN subscription_events.event = 'pause'
        THEN -DATEDIFF(DAY, terms.started_day, CAST(subscription_events.event_at AS DATE))
        WHEN subscription_events.event = 'resume'
        THEN DATEDIFF(DAY, terms.started_day, CAST(subscription_events.event_at AS DATE))
        ELSE 0
      END
    ) AS BIGINT) AS pause_days
  FROM terms
  INNER JOIN subscription_events
    ON terms.subscription_id = subscription_events.subscription_id
  LEFT JOIN taken
    ON terms.subscription_id = taken.subscription_id
  WHERE
    CAST(subscription_events.event_at AS DATE) <= :as_of
    AND CAST(subscription_events.event_at AS DATE) >= COALESCE(taken.last_day, terms.started_day)
  GROUP BY
    terms.subscription_id
), last_words AS (
  SELECT
    subscription_id,
    event,
    reason,
    CAST(event_at AS DATE) AS day,
    ROW_NUMBER() OVER (PARTITION BY subscription_id ORDER BY event_at DESC, event NULLS LAST) AS place
  FROM subscription_events
  WHERE
    event IN ('cancel', 'resume') AND CAST(event_at AS DATE) <= :as_of
), standing AS (
  SELECT
    terms.customer_id,
    terms.subscription_id,
    COALESCE(terms.cancelled_day, last_words.day) AS cancelled_day,
    CASE
      WHEN terms.cancelled_day IS NULL
      THEN last_words.reason
      ELSE terms.cancel_reason
    END AS cancel_reason,
    COALESCE(taken.orders, 0) AS subscription_orders,
    COALESCE(taken.last_day, terms.started_day) AS last_day,
    CASE
      WHEN NOT terms.cancelled_day IS NULL OR NOT last_words.day IS NULL
      THEN 'cancelled'
      WHEN COALESCE(moves.open_pauses, 0) > 0
      THEN 'paused'
      ELSE 'between_orders'
    END AS subscription_state,
    terms.cycle_days * (
      1 + COALESCE(moves.skips, 0)
    ) + COALESCE(moves.pause_days, 0) AS wait_days
  FROM terms
  LEFT JOIN taken
    ON terms.subscription_id = taken.subscription_id
  LEFT JOIN moves
    ON terms.subscription_id = moves.subscription_id
  LEFT JOIN last_words
    ON terms.subscription_id = last_words.subscription_id
    AND last_words.place = 1
    AND last_words.event = 'cancel'
    AND last_words.day >= COALESCE(taken.last_day, terms.started_day)
), chosen AS (
  SELECT
    customer_id,
    subscription_state,
    subscription_orders,
    cancelled_day,
    cancel_reason,
    last_day,
    wait_days,
    ROW_NUMBER() OVER (
      PARTITION BY customer_id
      ORDER BY CASE WHEN subscription_state = 'cancelled' THEN 1 ELSE 0 END NULLS LAST, CASE WHEN subscription_orders > 0 THEN 0 ELSE 1 END NULLS LAST, CASE WHEN cancelled_day IS NULL THEN last_day ELSE cancelled_day END DESC, subscription_id NULLS LAST
    ) AS place
  FROM standing
)
SELECT
  customer_id,
  subscription_state,
  subscription_orders,
  CASE
    WHEN subscription_state = 'between_orders'
    THEN wait_days - DATEDIFF(DAY, last_day, CAST(:as_of AS DATE))
  END AS days_until_next_order,
  DATEDIFF(DAY, cancelled_day, CAST(:as_of AS DATE)) AS days_since_cancellation,
  COALESCE(cancel_reason, '') AS cancel_reason
FROM chosen
WHERE
  place = 1
ORDER BY
  customer_id NULLS LAST
