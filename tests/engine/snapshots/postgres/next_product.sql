WITH one_off AS (
  SELECT
    CAST(customer_no AS INT) AS customer_no,
    CAST(customer_order_no AS INT) AS customer_order_no,
    CAST(order_no AS INT) AS order_no,
    CAST(product_no AS INT) AS product_no
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
), subscribers AS (
  SELECT
    CAST(customer_no AS INT) AS customer_no
  FROM baskets
  WHERE
    day <= %(as_of)s AND purchase_type <> 'one_off'
  GROUP BY
    customer_no
), between_renewals AS (
  SELECT
    order_no,
    ROW_NUMBER() OVER (PARTITION BY customer_no ORDER BY order_no) AS one_off_no
  FROM (
    SELECT
      one_off.customer_no,
      one_off.order_no
    FROM one_off
    INNER JOIN subscribers
      ON one_off.customer_no = subscribers.customer_no
    GROUP BY
      one_off.customer_no,
      one_off.order_no
  ) AS subscriber_orders
), numbered AS (
  SELECT
    one_off.customer_no,
    one_off.product_no,
    CAST(COALESCE(between_renewals.one_off_no, one_off.customer_order_no) AS INT) AS one_off_no
  FROM one_off
  LEFT JOIN between_renewals
    ON one_off.order_no = between_renewals.order_no
), lines AS (
  SELECT
    numbered.customer_no,
    numbered.product_no,
    numbered.one_off_no
  FROM numbered
  INNER JOIN sold
    ON numbered.product_no = sold.product_no
), firsts AS (
  SELECT
    customer_no,
    product_no,
    MIN(one_off_no) AS one_off_no
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
  ON firsts.customer_no = lines.customer_no
  AND firsts.one_off_no = lines.one_off_no - 1
  AND lines.one_off_no > 1
GROUP BY
  firsts.product_no,
  lines.product_no
HAVING
  COUNT(*) >= %(min_customers)s OR firsts.product_no = lines.product_no
ORDER BY
  firsts.product_no,
  lines.product_no
