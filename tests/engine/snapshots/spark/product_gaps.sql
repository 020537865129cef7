WITH one_off AS (
  SELECT
    CAST(customer_no AS INT) AS customer_no,
    CAST(product_no AS INT) AS product_no,
    day
  FROM baskets
  WHERE
    day <= :as_of AND purchase_type = 'one_off'
), ranked AS (
  SELECT
    product_no,
    ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, product_no NULLS LAST) AS place
  FROM one_off
  GROUP BY
    product_no
), days AS (
  SELECT
    one_off.customer_no,
    one_off.product_no,
    one_off.day
  FROM one_off
  INNER JOIN ranked
    ON one_off.product_no = ranked.product_no
  WHERE
    ranked.place <= :most_products
  GROUP BY
    one_off.customer_no,
    one_off.product_no,
    one_off.day
), dated AS (
  SELECT
    product_no,
    day,
    LEAD(day) OVER (PARTITION BY customer_no, product_no ORDER BY day NULLS LAST) AS next_day
  FROM days
), waits AS (
  SELECT
    product_no,
    DATEDIFF(DAY, day, COALESCE(next_day, CAST(:as_of AS DATE))) AS gap_days,
    NOT next_day IS NULL AS has_next
  FROM dated
)
SELECT
  CAST(product_no AS BIGINT) AS product_no,
  gap_days,
  has_next,
  COUNT(*) AS customers
FROM waits
GROUP BY
  product_no,
  gap_days,
  has_next
ORDER BY
  product_no NULLS LAST,
  gap_days NULLS LAST,
  has_next NULLS LAST
