WITH one_off AS (
  SELECT
    CAST(customer_no AS INT) AS customer_no,
    CAST(order_no AS INT) AS order_no,
    CAST(product_no AS INT) AS product_no,
    day
  FROM baskets
  WHERE
    day <= %(as_of)s AND purchase_type = 'one_off'
), sold AS (
  SELECT
    product_no
  FROM one_off
  GROUP BY
    product_no
  HAVING
    COUNT(*) >= %(min_customers)s
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
    MIN(order_no) AS order_no
  FROM lines
  GROUP BY
    customer_no,
    product_no
), held AS (
  SELECT
    order_no,
    EXTRACT(YEAR FROM MIN(day)) * 12 + EXTRACT(MONTH FROM MIN(day)) AS month,
    COUNT(*) AS products
  FROM lines
  GROUP BY
    order_no
), starting AS (
  SELECT
    order_no,
    COUNT(*) AS firsts
  FROM firsts
  GROUP BY
    order_no
), counted AS (
  SELECT
    firsts.product_no,
    held.month,
    COUNT(*) AS customers,
    SUM(held.products - 1) AS other_products,
    -COUNT(*) AS times_other
  FROM firsts
  INNER JOIN held
    ON firsts.order_no = held.order_no
  GROUP BY
    firsts.product_no,
    held.month
  UNION ALL
  SELECT
    lines.product_no,
    held.month,
    0 AS customers,
    0 AS other_products,
    SUM(starting.firsts) AS times_other
  FROM starting
  INNER JOIN lines
    ON starting.order_no = lines.order_no
  INNER JOIN held
    ON lines.order_no = held.order_no
  GROUP BY
    lines.product_no,
    held.month
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
  product_no,
  month
