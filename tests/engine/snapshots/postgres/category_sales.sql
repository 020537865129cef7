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
), sold AS (
  SELECT
    members.category_no,
    CAST(SUM(baskets.quantity) AS DECIMAL(18, 3)) AS quantity,
    CAST(SUM(baskets.amount_minor) AS BIGINT) AS amount_minor
  FROM baskets
  INNER JOIN members
    ON baskets.product_no = members.product_no
  WHERE
    baskets.day <= %(as_of)s
  GROUP BY
    members.category_no
), lines AS (
  SELECT
    members.category_no,
    CAST(baskets.order_no AS INT) AS order_no,
    CAST(MIN(baskets.customer_no) AS INT) AS customer_no,
    MIN(CASE WHEN baskets.customer_order_no = 1 THEN 1 ELSE 0 END) AS is_first,
    MIN(CASE WHEN baskets.purchase_type = 'one_off' THEN baskets.day END) AS one_off_day
  FROM baskets
  INNER JOIN members
    ON baskets.product_no = members.product_no
  WHERE
    baskets.day <= %(as_of)s
  GROUP BY
    members.category_no,
    CAST(baskets.order_no AS INT)
), bought AS (
  SELECT
    customer_no,
    category_no,
    COUNT(*) AS orders,
    MAX(is_first) AS is_first,
    MIN(CASE WHEN NOT one_off_day IS NULL THEN order_no END) AS one_off_order_no,
    MIN(one_off_day) AS one_off_day
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
    AND (
      CAST(lines.one_off_day AS DATE) - CAST(bought.one_off_day AS DATE)
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
    CAST(SUM(is_first) AS BIGINT) AS first_customers,
    CAST(SUM(orders) AS BIGINT) AS orders,
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
  sold.quantity,
  sold.amount_minor,
  totals.mature_customers,
  COALESCE(repeats.repeat_customers, 0) AS repeat_customers
FROM totals
INNER JOIN sold
  ON totals.category_no = sold.category_no
INNER JOIN categories
  ON totals.category_no = categories.category_no
LEFT JOIN repeats
  ON totals.category_no = repeats.category_no
ORDER BY
  totals.category_no
