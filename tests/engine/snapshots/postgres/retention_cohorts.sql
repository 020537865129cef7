WITH aged AS (
  SELECT
    EXTRACT(YEAR FROM first_day) * 12 + EXTRACT(MONTH FROM first_day) - 1 AS cohort_no,
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day) - 1 AS month_no,
    opens_month,
    opens_day,
    amount_minor
  FROM customer_day
  WHERE
    day <= %(as_of)s
)
SELECT
  CAST(cohort_no AS BIGINT) AS cohort_no,
  CAST(month_no - cohort_no AS BIGINT) AS age_months,
  CAST(SUM(opens_month) AS BIGINT) AS customers,
  CAST(SUM(opens_day) AS BIGINT) AS purchases,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
FROM aged
GROUP BY
  cohort_no,
  month_no - cohort_no
ORDER BY
  cohort_no,
  age_months
