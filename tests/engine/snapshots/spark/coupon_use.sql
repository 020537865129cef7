WITH by_customer AS (
  SELECT
    coupon_code,
    customer_id,
    COUNT(*) AS orders,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
    CAST(SUM(COALESCE(discount_minor, 0)) AS BIGINT) AS discount_minor
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= :as_of AND NOT coupon_code IS NULL
  GROUP BY
    coupon_code,
    customer_id
)
SELECT
  coupon_code,
  CAST(SUM(orders) AS BIGINT) AS orders,
  COUNT(*) AS customers,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
  CAST(SUM(discount_minor) AS BIGINT) AS discount_minor
FROM by_customer
GROUP BY
  coupon_code
ORDER BY
  coupon_code NULLS LAST
