WITH ranked AS (
  SELECT
    customer_no,
    product_no,
    ROW_NUMBER() OVER (PARTITION BY customer_no ORDER BY amount_minor DESC NULLS LAST, product_no) AS place
  FROM baskets
  WHERE
    day <= %(as_of)s AND customer_order_no = 1
), values_by_customer AS (
  SELECT
    customer_no,
    first_day,
    CAST(SUM(
      CASE
        WHEN (
          CAST(day AS DATE) - CAST(first_day AS DATE)
        ) < 90
        THEN amount_minor
        ELSE 0
      END
    ) AS BIGINT) AS amount_90d_minor,
    CAST(SUM(
      CASE
        WHEN (
          CAST(day AS DATE) - CAST(first_day AS DATE)
        ) < 180
        THEN amount_minor
        ELSE 0
      END
    ) AS BIGINT) AS amount_180d_minor,
    CAST(SUM(
      CASE
        WHEN (
          CAST(day AS DATE) - CAST(first_day AS DATE)
        ) < 365
        THEN amount_minor
        ELSE 0
      END
    ) AS BIGINT) AS amount_365d_minor
  FROM customer_day
  WHERE
    day <= %(as_of)s
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
  values_by_customer.customer_no
