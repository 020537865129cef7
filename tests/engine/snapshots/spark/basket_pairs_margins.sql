WITH one_off AS (
  SELECT
    CAST(customer_no AS INT) AS customer_no,
    CAST(order_no AS INT) AS order_no,
    CAST(product_no AS INT) AS product_no,
    day
  FROM baskets
  WHERE
    day <= :as_of AND purchase_type = 'one_off'
), sold AS (
  SELECT
    CAST(product_no AS INT) AS product_no
  FROM baskets
  WHERE
    day <= :as_of AND purchase_type = 'one_off'
  GROUP BY
    product_no
  HAVING
    COUNT(*) >= :min_customers
), lines AS (
  SELECT
    one_off.customer_no,
    one_off.order_no,
    one_off.product_no,
    one_off.day
  FROM one_off
  INNER JOIN sold
    ON one_off.product_no = sold.product_no
), firsts AS (
  SELECT
    product_no,
    MIN(order_no) AS order_no,
    MIN(day) AS day
  FROM lines
  GROUP BY
    customer_no,
    product_no
), held AS (
  SELECT
    order_no,
    CAST(COUNT(*) AS INT) AS products
  FROM lines
  GROUP BY
    order_no
  HAVING
    COUNT(*) > 1
), held_firsts AS (
  SELECT
    firsts.product_no,
    firsts.order_no,
    firsts.day,
    held.products
  FROM firsts
  INNER JOIN held
    ON firsts.order_no = held.order_no
), starting AS (
  SELECT
    order_no,
    COUNT(*) AS firsts
  FROM held_firsts
  GROUP BY
    order_no
), counted AS (
  SELECT
    product_no,
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day) AS month,
    COUNT(*) AS customers,
    0 AS other_products,
    0 AS times_other
  FROM firsts
  GROUP BY
    product_no,
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day)
  UNION ALL
  SELECT
    product_no,
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day) AS month,
    0 AS customers,
    SUM(products - 1) AS other_products,
    -COUNT(*) AS times_other
  FROM held_firsts
  GROUP BY
    product_no,
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day)
  UNION ALL
  SELECT
    lines.product_no,
    EXTRACT(YEAR FROM lines.day) * 12 + EXTRACT(MONTH FROM lines.day) AS month,
    0 AS customers,
    0 AS other_products,
    SUM(starting.firsts) AS times_other
  FROM lines
  INNER JOIN starting
    ON lines.order_no = starting.order_no
  GROUP BY
    lines.product_no,
    EXTRACT(YEAR FROM lines.day) * 12 + EXTRACT(MONTH FROM lines.day)
)
SELECT
  product_no,
  CAST(month AS BIGINT) AS month,
  CAST(SUM(customers) AS BIGINT) AS customers,
  CAST(SUM(other_products) AS BIGINT) AS other_products,
  CAST(SUM(times_other) AS BIGINT) AS times_other
FROM counted
GROUP BY
  product_no,
  month
ORDER BY
  product_no NULLS LAST,
  month NULLS LAST
