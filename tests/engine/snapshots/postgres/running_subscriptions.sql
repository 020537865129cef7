WITH terms AS (
  SELECT
    subscription_id,
    customer_id,
    cycle_days,
    COALESCE(commitment_orders, 1) AS commitment_orders,
    COALESCE(offer, '') AS offer
  FROM subscriptions
  WHERE
    CAST(started_at AS DATE) <= %(known_by)s
    AND (
      cancelled_at IS NULL OR CAST(cancelled_at AS DATE) > %(known_by)s
    )
), parcels AS (
  SELECT
    terms.subscription_id,
    terms.cycle_days,
    orders.subscription_order_no,
    orders.amount_minor,
    CAST(orders.ordered_at AS DATE) AS day,
    LAG(CAST(orders.ordered_at AS DATE)) OVER (PARTITION BY terms.subscription_id ORDER BY orders.ordered_at, orders.order_id) AS day_before
  FROM terms
  INNER JOIN orders
    ON terms.subscription_id = orders.subscription_id
  WHERE
    CAST(orders.ordered_at AS DATE) <= %(as_of)s
), numbered AS (
  SELECT
    subscription_id,
    day,
    ROW_NUMBER() OVER (PARTITION BY subscription_id ORDER BY day) AS place,
    COALESCE(
      FIRST_VALUE(subscription_order_no) OVER (PARTITION BY subscription_id ORDER BY day),
      1
    ) - 1 AS orders_before
  FROM parcels
  WHERE
    day_before IS NULL
    OR 4 * (
      CAST(day AS DATE) - CAST(day_before AS DATE)
    ) >= CASE WHEN cycle_days < 28 THEN cycle_days ELSE 28 END
), last_words AS (
  SELECT
    subscription_id,
    event,
    CAST(event_at AS DATE) AS day,
    ROW_NUMBER() OVER (PARTITION BY subscription_id ORDER BY event_at DESC NULLS LAST, event) AS place
  FROM subscription_events
  WHERE
    event IN ('cancel', 'resume') AND CAST(event_at AS DATE) <= %(known_by)s
), taken AS (
  SELECT
    subscription_id,
    MAX(CASE WHEN day <= %(known_by)s THEN place END) AS places,
    MAX(orders_before) AS orders_before,
    MIN(day) AS first_day,
    MAX(CASE WHEN day <= %(known_by)s THEN day END) AS last_day,
    CAST(SUM(CASE WHEN day > %(known_by)s THEN 1 ELSE 0 END) AS BIGINT) AS later_orders
  FROM numbered
  GROUP BY
    subscription_id
  HAVING
    MIN(day) <= %(known_by)s
), amounts AS (
  SELECT
    taken.subscription_id,
    CAST(SUM(
      CASE
        WHEN parcels.day >= taken.last_day AND parcels.day <= %(known_by)s
        THEN parcels.amount_minor
        ELSE 0
      END
    ) AS BIGINT) AS amount_minor,
    CAST(SUM(CASE WHEN parcels.day > %(known_by)s THEN parcels.amount_minor ELSE 0 END) AS BIGINT) AS later_amount_minor
  FROM taken
  INNER JOIN parcels
    ON taken.subscription_id = parcels.subscription_id
  GROUP BY
    taken.subscription_id
), moves AS (
  SELECT
    taken.subscription_id,
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
        THEN -(
          CAST(subscription_events.event_at AS DATE) - CAST(taken.last_day AS DATE)
        )
        WHEN subscription_events.event = 'resume'
        THEN (
          CAST(subscription_events.event_at AS DATE) - CAST(taken.last_day AS DATE)
        )
        ELSE 0
      END
    ) AS BIGINT) AS pause_days
  FROM taken
  INNER JOIN subscription_events
    ON taken.subscription_id = subscription_events.subscription_id
  WHERE
    CAST(subscription_events.event_at AS DATE) <= %(known_by)s
    AND CAST(subscription_events.event_at AS DATE) >= taken.last_day
  GROUP BY
    taken.subscription_id
)
SELECT
  terms.customer_id,
  terms.cycle_days,
  terms.commitment_orders,
  terms.offer,
  taken.places + taken.orders_before AS order_no,
  taken.places - 1 AS steps,
  (
    CAST(taken.last_day AS DATE) - CAST(taken.first_day AS DATE)
  ) AS span_days,
  amounts.amount_minor,
  CASE WHEN COALESCE(moves.open_pauses, 0) > 0 THEN 1 ELSE 0 END AS is_paused,
  terms.cycle_days * (
    1 + COALESCE(moves.skips, 0)
  ) + CASE
    WHEN COALESCE(moves.open_pauses, 0) > 0
    THEN 0
    ELSE COALESCE(moves.pause_days, 0)
  END - (
    CAST(%(known_by)s AS DATE) - CAST(taken.last_day AS DATE)
  ) AS days_until_next_order,
  taken.later_orders,
  amounts.later_amount_minor
FROM terms
INNER JOIN taken
  ON terms.subscription_id = taken.subscription_id
INNER JOIN amounts
  ON terms.subscription_id = amounts.subscription_id
LEFT JOIN moves
  ON terms.subscription_id = moves.subscription_id
LEFT JOIN last_words
  ON terms.subscription_id = last_words.subscription_id
  AND last_words.place = 1
  AND last_words.event = 'cancel'
  AND last_words.day >= taken.last_day
WHERE
  last_words.subscription_id IS NULL
ORDER BY
  terms.customer_id,
  terms.subscription_id
