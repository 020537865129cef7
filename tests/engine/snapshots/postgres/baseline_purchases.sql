WITH active AS (
  SELECT
    customer_no
  FROM customer_day
  WHERE
    (
      CAST(%(as_of)s AS DATE) - CAST(day AS DATE)
    ) >= %(window_days)s
    AND (
      CAST(%(as_of)s AS DATE) - CAST(day AS DATE)
    ) < %(window_days)s + 365
  GROUP BY
    customer_no
), bought AS (
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
), cells AS (
  SELECT
    COALESCE(bought.orders, 0) AS orders,
    COALESCE(bought.amount_minor, 0) AS amount_minor
  FROM active
  LEFT JOIN bought
    ON active.customer_no = bought.customer_no
)
SELECT
  orders,
  amount_minor,
  COUNT(*) AS customers
FROM cells
GROUP BY
  orders,
  amount_minor
ORDER BY
  orders,
  amount_minor
