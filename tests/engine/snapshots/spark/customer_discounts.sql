WITH days AS (
  SELECT
    customer_no,
    day,
    orders,
    amount_minor,
    CAST(opens_day AS INT) AS opens_day,
    CASE WHEN DATEDIFF(DAY, day, CAST(:as_of AS DATE)) < :window_days THEN 1 ELSE 0 END AS in_window,
    CASE WHEN purchase_type = 'subscription' THEN 0 ELSE 1 END AS is_one_off
  FROM customer_day
  WHERE
    day <= :as_of
), customers AS (
  SELECT
    customer_no,
    MAX(day) AS last_day,
    CAST(SUM(opens_day) AS BIGINT) AS purchases,
    CAST(SUM(in_window * opens_day) AS BIGINT) AS window_purchases,
    CAST(SUM(in_window * amount_minor) AS BIGINT) AS window_amount_minor,
    CAST(SUM(is_one_off * orders) AS BIGINT) AS orders,
    CAST(SUM(is_one_off * amount_minor) AS BIGINT) AS amount_minor
  FROM days
  GROUP BY
    customer_no
), discounts AS (
  SELECT
    customer_id,
    CAST(SUM(CASE WHEN discount_minor > 0 THEN 1 ELSE 0 END) AS BIGINT) AS discounted_orders,
    CAST(SUM(discount_minor) AS BIGINT) AS discount_minor
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= :as_of
    AND COALESCE(purchase_type, 'one_off') <> 'subscription'
    AND discount_minor <> 0
  GROUP BY
    customer_id
), given AS (
  SELECT
    customer_keys.customer_no,
    discounts.discounted_orders,
    discounts.discount_minor
  FROM discounts
  INNER JOIN customer_keys
    ON discounts.customer_id = customer_keys.customer_id
)
SELECT
  DATEDIFF(DAY, customers.last_day, CAST(:as_of AS DATE)) AS recency_days,
  customers.purchases,
  customers.window_purchases,
  customers.window_amount_minor,
  customers.orders,
  COALESCE(given.discounted_orders, 0) AS discounted_orders,
  customers.amount_minor,
  COALESCE(given.discount_minor, 0) AS discount_minor
FROM customers
LEFT JOIN given
  ON customers.customer_no = given.customer_no
ORDER BY
  customers.customer_no NULLS LAST
