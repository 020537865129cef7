WITH buyers AS (
  SELECT
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day) - 1 AS month_no,
    CAST(SUM(opens_day) AS BIGINT) AS purchases
  FROM customer_day
  WHERE
    day <= %(as_of)s
  GROUP BY
    customer_no,
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
