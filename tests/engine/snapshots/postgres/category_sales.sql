WITH categories AS (
  SELECT
    COALESCE(products.category, '') AS category,
    MIN(product_keys.product_no) AS category_no
  FROM product_keys
  LEFT JOIN products
    ON product_keys.product_id = products.product_id
  GROUP BY
    COALESCE(products.category, '')
), members AS (
  SELECT
    product_keys.product_no,
    categories.category_no
  FROM product_keys
  LEFT JOIN products
    ON product_keys.product_id = products.product_id
  INNER JOIN categories
    ON COALESCE(products.category, '') = categories.category
), lines AS (
  SELECT
    baskets.customer_no,
    members.category_no,
    baskets.customer_order_no,
    baskets.order_no,
    baskets.purchase_type,
    baskets.day,
    CAST(SUM(baskets.quantity) AS BIGINT) AS quantity,
    CAST(SUM(baskets.amount_minor) AS BIGINT) AS amount_minor
  FROM baskets
  INNER JOIN members
    ON baskets.product_no = members.product_no
  WHERE
    baskets.day <= %(as_of)s
  GROUP BY
    baskets.customer_no,
    members.category_no,
    baskets.customer_order_no,
    baskets.order_no,
    baskets.purchase_type,
    baskets.day
), bought AS (
  SELECT
    customer_no,
    category_no,
    COUNT(*) AS orders,
    CAST(SUM(quantity) AS BIGINT) AS quantity,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
    MIN(CASE WHEN purchase_type = 'one_off' THEN order_no END) AS one_off_order_no,
    MIN(CASE WHEN purchase_type = 'one_off' THEN day END) AS one_off_day,
    MIN(customer_order_no) AS customer_order_no
  FROM lines
  GROUP BY
    customer_no,
    category_no
), back AS (
  SELECT
    bought.category_no,
    bought.customer_no
  FROM bought
  INNER JOIN lines
    ON bought.customer_no = lines.customer_no AND bought.category_no = lines.category_no
  WHERE
    bought.orders > 1
    AND (
      CAST(%(as_of)s AS DATE) - CAST(bought.one_off_day AS DATE)
    ) >= %(window_days)s
    AND lines.order_no > bought.one_off_order_no
    AND lines.purchase_type = 'one_off'
    AND (
      CAST(lines.day AS DATE) - CAST(bought.one_off_day AS DATE)
    ) <= %(window_days)s
  GROUP BY
    bought.category_no,
    bought.customer_no
), repeats AS (
  SELECT
    category_no,
    COUNT(*) AS repeat_customers
  FROM back
  GROUP BY
    category_no
), totals AS (
  SELECT
    category_no,
    COUNT(*) AS customers,
    CAST(SUM(CASE WHEN customer_order_no = 1 THEN 1 ELSE 0 END) AS BIGINT) AS first_customers,
    CAST(SUM(orders) AS BIGINT) AS orders,
    CAST(SUM(quantity) AS BIGINT) AS quantity,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
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
    category_no
)
SELECT
  categories.category,
  totals.customers,
  totals.first_customers,
  totals.orders,
  totals.quantity,
  totals.amount_minor,
  totals.mature_customers,
  COALESCE(repeats.repeat_customers, 0) AS repeat_customers
FROM totals
INNER JOIN categories
  ON totals.category_no = categories.category_no
LEFT JOIN repeats
  ON totals.category_no = repeats.category_no
ORDER BY
  totals.category_no
