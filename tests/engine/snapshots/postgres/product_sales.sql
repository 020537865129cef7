WITH lines AS (
  SELECT
    CAST(customer_no AS INT) AS customer_no,
    CAST(order_no AS INT) AS order_no,
    CAST(product_no AS INT) AS product_no,
    CASE WHEN purchase_type = 'one_off' THEN CAST(order_no AS INT) END AS one_off_order_no,
    CASE WHEN purchase_type = 'one_off' THEN day END AS one_off_day
  FROM baskets
  WHERE
    day <= %(as_of)s
), sold AS (
  SELECT
    product_no,
    CAST(SUM(CASE WHEN customer_order_no = 1 THEN 1 ELSE 0 END) AS BIGINT) AS first_customers,
    COUNT(*) AS orders,
    CAST(SUM(quantity) AS DECIMAL(18, 3)) AS quantity,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
  FROM baskets
  WHERE
    day <= %(as_of)s
  GROUP BY
    product_no
), bought AS (
  SELECT
    customer_no,
    product_no,
    COUNT(one_off_order_no) AS one_off_orders,
    MIN(one_off_order_no) AS one_off_order_no,
    MIN(one_off_day) AS one_off_day
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
    bought.one_off_orders > 1
    AND (
      CAST(%(as_of)s AS DATE) - CAST(bought.one_off_day AS DATE)
    ) >= %(window_days)s
    AND lines.one_off_order_no > bought.one_off_order_no
    AND (
      CAST(lines.one_off_day AS DATE) - CAST(bought.one_off_day AS DATE)
    ) <= %(window_days)s
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
    CAST(SUM(
      CASE
        WHEN (
          CAST(%(as_of)s AS DATE) - CAST(one_off_day AS DATE)
        ) >= %(window_days)s
        THEN 1
        ELSE 0
      END
    ) AS BIGINT) AS mature_customers
  FROM bought
  GROUP BY
    product_no
)
SELECT
  sold.product_no,
  totals.customers,
  sold.first_customers,
  sold.orders,
  sold.quantity,
  sold.amount_minor,
  totals.mature_customers,
  COALESCE(repeats.repeat_customers, 0) AS repeat_customers
FROM sold
INNER JOIN totals
  ON sold.product_no = totals.product_no
LEFT JOIN repeats
  ON sold.product_no = repeats.product_no
ORDER BY
  sold.product_no
