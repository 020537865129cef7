WITH moments AS (
  SELECT
    customer_id,
    MIN(ordered_at) AS ordered_at
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= %(as_of)s
  GROUP BY
    customer_id
), firsts AS (
  SELECT
    orders.customer_id,
    orders.source,
    ROW_NUMBER() OVER (PARTITION BY orders.customer_id ORDER BY orders.order_id) AS place
  FROM moments
  INNER JOIN orders
    ON moments.customer_id = orders.customer_id
    AND moments.ordered_at = orders.ordered_at
), sources AS (
  SELECT
    customer_keys.customer_no,
    firsts.source
  FROM firsts
  INNER JOIN customer_keys
    ON firsts.customer_id = customer_keys.customer_id
  WHERE
    firsts.place = 1 AND NOT firsts.source IS NULL
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
  sources.source,
  values_by_customer.first_day,
  values_by_customer.amount_90d_minor,
  values_by_customer.amount_180d_minor,
  values_by_customer.amount_365d_minor
FROM values_by_customer
INNER JOIN sources
  ON values_by_customer.customer_no = sources.customer_no
ORDER BY
  values_by_customer.customer_no
