WITH days AS (
  SELECT
    customer_id,
    day
  FROM customer_day
  WHERE
    day <= :as_of AND purchase_type <> 'subscription'
  GROUP BY
    customer_id,
    day
), numbered AS (
  SELECT
    day,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY day NULLS LAST) AS purchase_no,
    LEAD(day) OVER (PARTITION BY customer_id ORDER BY day NULLS LAST) AS next_day
  FROM days
), firsts AS (
  SELECT
    EXTRACT(YEAR FROM day) * 12 + EXTRACT(MONTH FROM day) - 1 AS month_no,
    CASE WHEN next_day IS NULL THEN 0 ELSE 1 END AS has_second,
    CASE WHEN DATEDIFF(DAY, day, next_day) <= :window_days THEN 1 ELSE 0 END AS in_window,
    CASE WHEN DATEDIFF(DAY, day, CAST(:as_of AS DATE)) >= :window_days THEN 1 ELSE 0 END AS is_mature
  FROM numbered
  WHERE
    purchase_no = 1
)
SELECT
  CAST(month_no AS BIGINT) AS month_no,
  COUNT(*) AS customers,
  CAST(SUM(has_second) AS BIGINT) AS second_ever,
  CAST(SUM(is_mature) AS BIGINT) AS mature_customers,
  CAST(SUM(is_mature * in_window) AS BIGINT) AS mature_second
FROM firsts
GROUP BY
  month_no
ORDER BY
  month_no NULLS LAST
