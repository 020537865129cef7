WITH days AS (
  SELECT
    customer_id,
    day,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
  FROM customer_day
  WHERE
    day <= %(as_of)s
  GROUP BY
    customer_id,
    day
), months AS (
  SELECT
    customer_id,
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day) - 1 AS month_no,
    COUNT(*) AS purchases,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
  FROM days
  GROUP BY
    customer_id,
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day) - 1
), aged AS (
  SELECT
    month_no,
    MIN(month_no) OVER (PARTITION BY customer_id) AS cohort_no,
    purchases,
    amount_minor
  FROM months
)
SELECT
  CAST(cohort_no AS BIGINT) AS cohort_no,
  CAST(month_no - cohort_no AS BIGINT) AS age_months,
  COUNT(*) AS customers,
  CAST(SUM(purchases) AS BIGINT) AS purchases,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
FROM aged
GROUP BY
  cohort_no,
  month_no - cohort_no
ORDER BY
  cohort_no,
  age_months
