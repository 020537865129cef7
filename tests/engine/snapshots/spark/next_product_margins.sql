WITH one_off AS (
  SELECT
    CAST(customer_no AS INT) AS customer_no,
    CAST(customer_order_no AS INT) AS customer_order_no,
    CAST(order_no AS INT) AS order_no,
    CAST(product_no AS INT) AS product_no,
    day
  FROM baskets
  WHERE
    day <= :as_of AND purchase_type = 'one_off'
), sold AS (
  SELECT
    product_no
  FROM one_off
  GROUP BY
    product_no
  HAVING
    COUNT(*) >= :min_customers
), subscribers AS (
  SELECT
    CAST(customer_no AS INT) AS customer_no
  FROM baskets
  WHERE
    day <= :as_of AND purchase_type <> 'one_off'
  GROUP BY
    customer_no
), between_renewals AS (
  SELECT
    order_no,
    ROW_NUMBER() OVER (PARTITION BY customer_no ORDER BY order_no NULLS LAST) AS one_off_no
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
    one_off.day,
    NOT sold.product_no IS NULL AS is_sold,
    CAST(COALESCE(between_renewals.one_off_no, one_off.customer_order_no) AS INT) AS one_off_no
  FROM one_off
  LEFT JOIN sold
    ON one_off.product_no = sold.product_no
  LEFT JOIN between_renewals
    ON one_off.order_no = between_renewals.order_no
), lines AS (
  SELECT
    customer_no,
    product_no,
    one_off_no,
    day
  FROM numbered
  WHERE
    is_sold
), firsts AS (
  SELECT
    customer_no,
    product_no,
    MIN(one_off_no) AS one_off_no,
    MIN(day) AS day
  FROM lines
  GROUP BY
    customer_no,
    product_no
), next_orders AS (
  SELECT
    customer_no,
    one_off_no,
    CAST(EXTRACT(YEAR FROM MIN(day)) * 12 + EXTRACT(MONTH FROM MIN(day)) AS INT) AS month,
    CAST(SUM(CASE WHEN is_sold THEN 1 ELSE 0 END) AS INT) AS products
  FROM numbered
  WHERE
    one_off_no > 1
  GROUP BY
    customer_no,
    one_off_no
), starting AS (
  SELECT
    customer_no,
    one_off_no,
    CAST(COUNT(*) AS INT) AS firsts
  FROM firsts
  GROUP BY
    customer_no,
    one_off_no
), counted AS (
  SELECT
    firsts.product_no,
    CASE
      WHEN NOT next_orders.month IS NULL
      THEN next_orders.month
      WHEN DATEDIFF(DAY, firsts.day, CAST(:as_of AS DATE)) < 180
      THEN 0
      ELSE -1
    END AS month,
    COUNT(*) AS customers,
    SUM(next_orders.products) AS other_products,
    0 AS times_other
  FROM firsts
  LEFT JOIN next_orders
    ON firsts.customer_no = next_orders.customer_no
    AND firsts.one_off_no = next_orders.one_off_no - 1
  GROUP BY
    firsts.product_no,
    CASE
      WHEN NOT next_orders.month IS NULL
      THEN next_orders.month
      WHEN DATEDIFF(DAY, firsts.day, CAST(:as_of AS DATE)) < 180
      THEN 0
      ELSE -1
    END
  UNION ALL
  SELECT
    lines.product_no,
    EXTRACT(YEAR FROM lines.day) * 12 + EXTRACT(MONTH FROM lines.day) AS month,
    0 AS customers,
    0 AS other_products,
    SUM(starting.firsts) AS times_other
  FROM starting
  INNER JOIN lines
    ON starting.customer_no = lines.customer_no
    AND starting.one_off_no = lines.one_off_no - 1
    AND lines.one_off_no > 1
  GROUP BY
    lines.product_no,
    EXTRACT(YEAR FROM lines.day) * 12 + EXTRACT(MONTH FROM lines.day)
)
SELECT
  product_no,
  CAST(month AS BIGINT) AS month,
  CAST(SUM(customers) AS BIGINT) AS customers,
  CAST(COALESCE(SUM(other_products), 0) AS BIGINT) AS other_products,
  CAST(SUM(times_other) AS BIGINT) AS times_other
FROM counted
GROUP BY
  product_no,
  month
ORDER BY
  product_no NULLS LAST,
  month NULLS LAST
