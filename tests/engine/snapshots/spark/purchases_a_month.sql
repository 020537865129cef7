WITH days AS (
  SELECT
    customer_no,
    opens_month,
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day) - 1 AS month_no
  FROM customer_day
  WHERE
    day <= :as_of AND opens_day = 1
), several AS (
  SELECT
    month_no,
    COUNT(*) + 1 AS purchases
  FROM days
  WHERE
    opens_month = 0
  GROUP BY
    customer_no,
    month_no
), counted AS (
  SELECT
    month_no,
    1 AS purchases,
    SUM(opens_month) AS customers
  FROM days
  GROUP BY
    month_no
  UNION ALL
  SELECT
    month_no,
    1 AS purchases,
    -COUNT(*) AS customers
  FROM several
  GROUP BY
    month_no
  UNION ALL
  SELECT
    month_no,
    purchases,
    COUNT(*) AS customers
  FROM several
  GROUP BY
    month_no,
    purchases
)
SELECT
  CAST(month_no AS BIGINT) AS month_no,
  CAST(purchases AS BIGINT) AS purchases,
  CAST(SUM(customers) AS BIGINT) AS customers
FROM counted
GROUP BY
  month_no,
  purchases
HAVING
  SUM(customers) > 0
ORDER BY
  month_no NULLS LAST,
  purchases NULLS LAST
