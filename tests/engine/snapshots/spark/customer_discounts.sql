WITH days AS (
  SELECT
    customer_id,
    DATEDIFF(DAY, CAST(ordered_at AS DATE), CAST(:as_of AS DATE)) AS silent_days,
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
    CAST(ordered_at AS DATE) <= :as_of
  GROUP BY
    customer_id,
    DATEDIFF(DAY, CAST(ordered_at AS DATE), CAST(:as_of AS DATE))
)
SELECT
  MIN(silent_days) AS recency_days,
  COUNT(*) AS purchases,
  CAST(SUM(CASE WHEN silent_days < :window_days THEN 1 ELSE 0 END) AS BIGINT) AS window_purchases,
  CAST(SUM(CASE WHEN silent_days < :window_days THEN all_minor ELSE 0 END) AS BIGINT) AS window_amount_minor,
  CAST(SUM(orders) AS BIGINT) AS orders,
  CAST(SUM(discounted_orders) AS BIGINT) AS discounted_orders,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
  CAST(SUM(discount_minor) AS BIGINT) AS discount_minor
FROM days
GROUP BY
  customer_id
ORDER BY
  recency_days NULLS LAST,
  purchases NULLS LAST,
  window_purchases NULLS LAST,
  window_amount_minor NULLS LAST,
  orders NULLS LAST,
  discounted_orders NULLS LAST,
  amount_minor NULLS LAST,
  discount_minor NULLS LAST
