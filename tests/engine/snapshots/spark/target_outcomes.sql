WITH bought AS (
  SELECT
    customer_no,
    CAST(SUM(orders) AS BIGINT) AS orders,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
  FROM customer_day
  WHERE
    day <= :as_of AND DATEDIFF(DAY, day, CAST(:as_of AS DATE)) < :window_days
  GROUP BY
    customer_no
)
SELECT
  customer_keys.customer_id,
  bought.orders,
  bought.amount_minor
FROM bought
INNER JOIN customer_keys
  ON bought.customer_no = customer_keys.customer_no
ORDER BY
  customer_keys.customer_id NULLS LAST
