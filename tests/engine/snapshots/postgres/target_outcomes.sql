WITH bought AS (
  SELECT
    customer_no,
    CAST(SUM(orders) AS BIGINT) AS orders,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
  FROM customer_day
  WHERE
    day <= %(as_of)s
    AND (
      CAST(%(as_of)s AS DATE) - CAST(day AS DATE)
    ) < %(window_days)s
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
  customer_keys.customer_id
