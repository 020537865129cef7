WITH days AS (
  SELECT
    customer_no,
    purchase_no,
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day) - 1 AS month_no,
    (
      CAST(%(as_of)s AS DATE) - CAST(day AS DATE)
    ) AS silent_days
  FROM customer_day
  WHERE
    day <= %(as_of)s AND purchase_type = 'one_off'
), totals AS (
  SELECT
    CAST(COALESCE(SUM(CASE WHEN purchase_no = 1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS customers,
    COUNT(*) AS purchases,
    CAST(COALESCE(MAX(purchase_no), 0) AS BIGINT) AS most_purchases,
    CAST(COALESCE(SUM(CASE WHEN purchase_no = 2 THEN 1 ELSE 0 END), 0) AS BIGINT) AS repeat_customers
  FROM days
), recent AS (
  SELECT
    MAX(CASE WHEN month_no = %(month_no)s THEN 1 ELSE 0 END) AS in_month,
    MAX(CASE WHEN month_no = %(month_no)s AND purchase_no = 1 THEN 1 ELSE 0 END) AS is_new,
    MAX(CASE WHEN month_no = %(month_no)s - 1 THEN 1 ELSE 0 END) AS in_month_before,
    MAX(CASE WHEN silent_days < %(fixed_days)s THEN 1 ELSE 0 END) AS in_fixed_days
  FROM days
  WHERE
    month_no >= %(month_no)s - 1 OR silent_days < %(fixed_days)s
  GROUP BY
    customer_no
), buyers AS (
  SELECT
    CAST(COALESCE(SUM(in_month), 0) AS BIGINT) AS month_buyers,
    CAST(COALESCE(SUM(in_month_before), 0) AS BIGINT) AS month_before_buyers,
    CAST(COALESCE(SUM(in_month * in_month_before), 0) AS BIGINT) AS both_months_buyers,
    CAST(COALESCE(SUM(in_month - is_new), 0) AS BIGINT) AS month_returning,
    CAST(COALESCE(SUM(in_fixed_days), 0) AS BIGINT) AS within_fixed_days
  FROM recent
)
SELECT
  totals.customers,
  totals.purchases,
  totals.most_purchases,
  totals.repeat_customers,
  buyers.month_buyers,
  buyers.month_before_buyers,
  buyers.both_months_buyers,
  buyers.month_returning,
  buyers.within_fixed_days
FROM totals
CROSS JOIN buyers
