WITH ranked AS (
  SELECT
    customer_no,
    product_no,
    ROW_NUMBER() OVER (PARTITION BY customer_no ORDER BY amount_minor DESC, product_no NULLS LAST) AS place
  FROM baskets
  WHERE
    day <= :as_of AND customer_order_no = 1
), values_by_customer AS (
  SELECT
    customer_no,
    first_day,
    CAST(SUM(CASE WHEN DATEDIFF(DAY, first_day, day) < 90 THEN amount_minor ELSE 0 END) AS BIGINT) AS amount_90d_minor,
    CAST(SUM(CASE WHEN DATEDIFF(DAY, first_day, day) < 180 THEN amount_minor ELSE 0 END) AS BIGINT) AS amount_180d_minor,
    CAST(SUM(CASE WHEN DATEDIFF(DAY, first_day, day) < 365 THEN amount_minor ELSE 0 END) AS BIGINT) AS amount_365d_minor
  FROM customer_day
  WHERE
    day <= :as_of
  GROUP BY
    customer_no,
    first_day
)
SELECT
  ranked.product_no,
  values_by_customer.first_day,
  values_by_customer.amount_90d_minor,
  values_by_customer.amount_180d_minor,
  values_by_customer.amount_365d_minor
FROM values_by_customer
INNER JOIN ranked
  ON values_by_customer.customer_no = ranked.customer_no
WHERE
  ranked.place = 1
ORDER BY
  values_by_customer.customer_no NULLS LAST
