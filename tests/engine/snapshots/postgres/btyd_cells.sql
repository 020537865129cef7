WITH histories AS (
  SELECT
    COUNT(*) - 1 AS frequency,
    (
      CAST(MAX(day) AS DATE) - CAST(MIN(day) AS DATE)
    ) AS recency_days,
    (
      CAST(%(as_of)s AS DATE) - CAST(MIN(day) AS DATE)
    ) AS age_days
  FROM customer_day
  WHERE
    day <= %(as_of)s AND purchase_type = 'one_off'
  GROUP BY
    customer_no
), packed AS (
  SELECT
    (
      frequency * 100000 + recency_days
    ) * 100000 + age_days AS cell
  FROM histories
), cells AS (
  SELECT
    cell,
    COUNT(*) AS customers
  FROM packed
  GROUP BY
    cell
)
SELECT
  CAST(DIV(cell, 10000000000) AS BIGINT) AS frequency,
  CAST((
    DIV(cell, 100000)
  ) % 100000 AS BIGINT) AS recency_days,
  CAST(cell % 100000 AS BIGINT) AS age_days,
  customers
FROM cells
ORDER BY
  cell
