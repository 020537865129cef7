WITH ordered AS (
  SELECT
    customer_id,
    source,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at NULLS LAST, order_id NULLS LAST) AS order_no
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= :as_of
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
  ordered.source,
  values_by_customer.first_day,
  values_by_customer.amount_90d_minor,
  values_by_customer.amount_180d_minor,
  values_by_customer.amount_365d_minor
FROM values_by_customer
INNER JOIN customer_keys
  ON values_by_customer.customer_no = customer_keys.customer_no
INNER JOIN ordered
  ON customer_keys.customer_id = ordered.customer_id
WHERE
  ordered.order_no = 1 AND NOT ordered.source IS NULL
ORDER BY
  values_by_customer.customer_no NULLS LAST
