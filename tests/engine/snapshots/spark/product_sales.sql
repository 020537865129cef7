WITH lines AS (
  SELECT
    customer_no,
    product_no,
    customer_order_no,
    order_no,
    purchase_type,
    day,
    quantity,
    amount_minor
  FROM baskets
  WHERE
    day <= :as_of
), bought AS (
  SELECT
    customer_no,
    product_no,
    COUNT(*) AS orders,
    CAST(SUM(quantity) AS BIGINT) AS quantity,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
    MIN(CASE WHEN purchase_type = 'one_off' THEN order_no END) AS one_off_order_no,
    MIN(CASE WHEN purchase_type = 'one_off' THEN day END) AS one_off_day,
    MIN(customer_order_no) AS customer_order_no
  FROM lines
  GROUP BY
    customer_no,
    product_no
), back AS (
  SELECT
    bought.product_no,
    bought.customer_no
  FROM bought
  INNER JOIN lines
    ON bought.customer_no = lines.customer_no AND bought.product_no = lines.product_no
  WHERE
    bought.orders > 1
    AND DATEDIFF(DAY, bought.one_off_day, CAST(:as_of AS DATE)) >= :window_days
    AND lines.order_no > bought.one_off_order_no
    AND lines.purchase_type = 'one_off'
    AND DATEDIFF(DAY, bought.one_off_day, lines.day) <= :window_days
  GROUP BY
    bought.product_no,
    bought.customer_no
), repeats AS (
  SELECT
    product_no,
    COUNT(*) AS repeat_customers
  FROM back
  GROUP BY
    product_no
), totals AS (
  SELECT
    product_no,
    COUNT(*) AS customers,
    CAST(SUM(CASE WHEN customer_order_no = 1 THEN 1 ELSE 0 END) AS BIGINT) AS first_customers,
    CAST(SUM(orders) AS BIGINT) AS orders,
    CAST(SUM(quantity) AS BIGINT) AS quantity,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
    CAST(SUM(
      CASE
        WHEN DATEDIFF(DAY, one_off_day, CAST(:as_of AS DATE)) >= :window_days
        THEN 1
        ELSE 0
      END
    ) AS BIGINT) AS mature_customers
  FROM bought
  GROUP BY
    product_no
)
SELECT
  totals.product_no,
  totals.customers,
  totals.first_customers,
  totals.orders,
  totals.quantity,
  totals.amount_minor,
  totals.mature_customers,
  COALESCE(repeats.repeat_customers, 0) AS repeat_customers
FROM totals
LEFT JOIN repeats
  ON totals.product_no = repeats.product_no
ORDER BY
  totals.product_no NULLS LAST
