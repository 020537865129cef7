WITH one_off AS (
  SELECT
    CAST(customer_no AS INT) AS customer_no,
    CAST(order_no AS INT) AS order_no,
    CAST(product_no AS INT) AS product_no
  FROM baskets
  WHERE
    day <= %(as_of)s AND purchase_type = 'one_off'
), sold AS (
  SELECT
    CAST(product_no AS INT) AS product_no
  FROM baskets
  WHERE
    day <= %(as_of)s AND purchase_type = 'one_off'
  GROUP BY
    product_no
  HAVING
    COUNT(*) >= %(min_customers)s
), lines AS (
  SELECT
    one_off.customer_no,
    one_off.order_no,
    one_off.product_no
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
)
SELECT
  firsts.product_no,
  lines.product_no AS other_product_no,
  COUNT(*) AS customers
FROM firsts
INNER JOIN lines
  ON firsts.order_no = lines.order_no AND firsts.product_no <> lines.product_no
GROUP BY
  firsts.product_no,
  lines.product_no
HAVING
  COUNT(*) >= %(min_customers)s
ORDER BY
  firsts.product_no,
  lines.product_no
