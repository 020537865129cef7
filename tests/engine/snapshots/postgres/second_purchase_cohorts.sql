WITH histories AS (
  SELECT
    MIN(day) AS first_day,
    CASE WHEN COUNT(*) > 1 THEN MAX(day) END AS second_day
  FROM customer_day
  WHERE
    day <= %(as_of)s AND purchase_type = 'one_off' AND purchase_no <= 2
  GROUP BY
    customer_no
), firsts AS (
  SELECT
    EXTRACT(YEAR FROM first_day) * 12 + EXTRACT(MONTH FROM first_day) - 1 AS month_no,
    CASE WHEN second_day IS NULL THEN 0 ELSE 1 END AS has_second,
    CASE
      WHEN (
        CAST(second_day AS DATE) - CAST(first_day AS DATE)
      ) <= %(window_days)s
      THEN 1
      ELSE 0
    END AS in_window,
    CASE
      WHEN (
        CAST(%(as_of)s AS DATE) - CAST(first_day AS DATE)
      ) >= %(window_days)s
      THEN 1
      ELSE 0
    END AS is_mature
  FROM histories
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
  month_no
