WITH days AS (
  SELECT
    customer_id,
    (
      CAST(%(as_of)s AS DATE) - CAST(ordered_at AS DATE)
    ) AS silent_days,
    CAST(SUM(amount_minor) AS BIGINT) AS all_minor,
    SUM(CASE WHEN purchase_type = 'subscription' THEN 0 ELSE 1 END) AS orders,
    SUM(
      CASE WHEN purchase_type <> 'subscription' AND discount_minor > 0 THEN 1 ELSE 0 END
    ) AS discounted_orders,
    CAST(SUM(CASE WHEN purchase_type = 'subscription' THEN 0 ELSE amount_minor END) AS BIGINT) AS amount_minor,
    CAST(SUM(
      CASE WHEN purchase_type = 'subscription' THEN 0 ELSE COALESCE(discount_minor, 0) END
    ) AS BIGINT) AS discount_minor
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= %(as_of)s
  GROUP BY
    customer_id,
    (
      CAST(%(as_of)s AS DATE) - CAST(ordered_at AS DATE)
    )
)
SELECT
  MIN(silent_days) AS recency_days,
  COUNT(*) AS purchases,
  CAST(SUM(CASE WHEN silent_days < %(window_days)s THEN 1 ELSE 0 END) AS BIGINT) AS window_purchases,
  CAST(SUM(CASE WHEN silent_days < %(window_days)s THEN all_minor ELSE 0 END) AS BIGINT) AS window_amount_minor,
  CAST(SUM(orders) AS BIGINT) AS orders,
  CAST(SUM(discounted_orders) AS BIGINT) AS discounted_orders,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
  CAST(SUM(discount_minor) AS BIGINT) AS discount_minor
FROM days
GROUP BY
  customer_id
ORDER BY
  recency_days,
  purchases,
  window_purchases,
  window_amount_minor,
  orders,
  discounted_orders,
  amount_minor,
  discount_minor
