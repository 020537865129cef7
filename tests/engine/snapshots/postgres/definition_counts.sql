WITH days AS (
  SELECT
    customer_no,
    day,
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day) - 1 AS month_no
  FROM customer_day
  WHERE
    day <= %(as_of)s AND purchase_type = 'one_off'
), customers AS (
  SELECT
    COUNT(*) AS purchases,
    MIN(month_no) AS first_month_no,
    (
      CAST(%(as_of)s AS DATE) - CAST(MAX(day) AS DATE)
    ) AS silent_days,
    MAX(CASE WHEN month_no = %(month_no)s THEN 1 ELSE 0 END) AS in_month,
    MAX(CASE WHEN month_no = %(month_no)s - 1 THEN 1 ELSE 0 END) AS in_month_before
  FROM days
  GROUP BY
    customer_no
)
SELECT
  COUNT(*) AS customers,
  CAST(COALESCE(SUM(purchases), 0) AS BIGINT) AS purchases,
  CAST(COALESCE(MAX(purchases), 0) AS BIGINT) AS most_purchases,
  CAST(COALESCE(SUM(CASE WHEN purchases > 1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS repeat_customers,
  CAST(COALESCE(SUM(in_month), 0) AS BIGINT) AS month_buyers,
  CAST(COALESCE(SUM(in_month_before), 0) AS BIGINT) AS month_before_buyers,
  CAST(COALESCE(SUM(in_month * in_month_before), 0) AS BIGINT) AS both_months_buyers,
  CAST(COALESCE(SUM(CASE WHEN first_month_no < %(month_no)s THEN in_month ELSE 0 END), 0) AS BIGINT) AS month_returning,
  CAST(COALESCE(SUM(CASE WHEN silent_days < %(fixed_days)s THEN 1 ELSE 0 END), 0) AS BIGINT) AS within_fixed_days
FROM customers
