WITH days AS (
  SELECT
    customer_id,
    day
  FROM customer_day
  WHERE
    day <= %(as_of)s
  GROUP BY
    customer_id,
    day
), buyers AS (
  SELECT
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day) - 1 AS month_no,
    COUNT(*) AS purchases
  FROM days
  GROUP BY
    customer_id,
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day) - 1
)
SELECT
  CAST(month_no AS BIGINT) AS month_no,
  purchases,
  COUNT(*) AS customers
FROM buyers
GROUP BY
  month_no,
  purchases
ORDER BY
  month_no,
  purchases
