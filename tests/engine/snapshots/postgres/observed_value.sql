WITH paid AS (
  SELECT
    customer_no,
    first_day,
    CAST(SUM(orders) AS BIGINT) AS orders,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
  FROM customer_day
  WHERE
    day <= %(as_of)s
    AND (
      CAST(day AS DATE) - CAST(first_day AS DATE)
    ) < %(window_days)s
  GROUP BY
    customer_no,
    first_day
)
SELECT
  customer_keys.customer_id,
  paid.first_day,
  paid.orders,
  paid.amount_minor
FROM paid
INNER JOIN customer_keys
  ON paid.customer_no = customer_keys.customer_no
ORDER BY
  paid.customer_no
