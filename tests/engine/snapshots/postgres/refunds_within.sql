WITH placed AS (
  SELECT
    COALESCE(SUM(orders), 0) AS orders,
    COALESCE(SUM(amount_minor), 0) AS amount_minor
  FROM customer_day
  WHERE
    day <= %(as_of)s
    AND (
      CAST(%(as_of)s AS DATE) - CAST(day AS DATE)
    ) >= %(window_days)s
), given_back AS (
  SELECT
    orders.order_id,
    SUM(refunds.amount_minor) AS amount_minor,
    SUM(
      CASE
        WHEN (
          CAST(refunds.refunded_at AS DATE) - CAST(orders.ordered_at AS DATE)
        ) <= %(window_days)s
        THEN refunds.amount_minor
        ELSE 0
      END
    ) AS window_amount_minor
  FROM refunds
  INNER JOIN orders
    ON refunds.order_id = orders.order_id
  WHERE
    CAST(orders.ordered_at AS DATE) <= %(as_of)s
    AND (
      CAST(%(as_of)s AS DATE) - CAST(orders.ordered_at AS DATE)
    ) >= %(window_days)s
  GROUP BY
    orders.order_id
), totals AS (
  SELECT
    COALESCE(SUM(amount_minor), 0) AS amount_minor,
    COALESCE(SUM(CASE WHEN window_amount_minor > 0 THEN 1 ELSE 0 END), 0) AS orders,
    COALESCE(SUM(window_amount_minor), 0) AS window_amount_minor
  FROM given_back
)
SELECT
  CAST(placed.orders AS BIGINT) AS orders,
  CAST(placed.amount_minor + totals.amount_minor AS BIGINT) AS paid_minor,
  CAST(totals.orders AS BIGINT) AS refunded_orders,
  CAST(totals.window_amount_minor AS BIGINT) AS refunded_minor
FROM placed
CROSS JOIN totals
