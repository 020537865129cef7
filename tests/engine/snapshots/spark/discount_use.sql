WITH ordered AS (
  SELECT
    customer_id,
    COALESCE(purchase_type, 'one_off') AS purchase_type,
    amount_minor,
    COALESCE(discount_minor, 0) AS discount_minor,
    ROW_NUMBER() OVER (
      PARTITION BY customer_id, COALESCE(purchase_type, 'one_off')
      ORDER BY ordered_at NULLS LAST, order_id NULLS LAST
    ) AS order_no
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= :as_of
), by_customer AS (
  SELECT
    customer_id,
    CASE
      WHEN purchase_type = 'subscription'
      THEN 'subscription'
      WHEN order_no = 1
      THEN 'first'
      ELSE 'repeat'
    END AS kind,
    discount_minor > 0 AS is_discounted,
    COUNT(*) AS orders,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
    CAST(SUM(discount_minor) AS BIGINT) AS discount_minor
  FROM ordered
  GROUP BY
    customer_id,
    CASE
      WHEN purchase_type = 'subscription'
      THEN 'subscription'
      WHEN order_no = 1
      THEN 'first'
      ELSE 'repeat'
    END,
    discount_minor > 0
)
SELECT
  kind,
  is_discounted,
  CAST(SUM(orders) AS BIGINT) AS orders,
  COUNT(*) AS customers,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
  CAST(SUM(discount_minor) AS BIGINT) AS discount_minor
FROM by_customer
GROUP BY
  kind,
  is_discounted
ORDER BY
  kind NULLS LAST,
  is_discounted NULLS LAST
