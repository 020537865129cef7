WITH dated AS (
  SELECT
    CAST(customer_no AS INT) AS customer_no,
    day,
    amount_minor,
    CAST(DATEDIFF(DAY, day, CAST(:as_of AS DATE)) - CASE
      WHEN purchase_type = 'subscription'
      THEN :subscription_days
      ELSE :dormancy_days
    END AS INT) AS quiet_ago,
    CASE WHEN opens_day = 1 THEN day END AS opened_day,
    CASE WHEN DATEDIFF(DAY, day, CAST(:as_of AS DATE)) < :window_days THEN day END AS day_in_window,
    CASE WHEN day <= :compared_on THEN day END AS day_then,
    CASE
      WHEN day <= :compared_on
      AND DATEDIFF(DAY, day, CAST(:compared_on AS DATE)) < :window_days
      THEN day
    END AS day_in_window_then
  FROM customer_day
  WHERE
    day <= :as_of
), customers AS (
  SELECT
    customer_no,
    MIN(day) AS first_day,
    MAX(day) AS last_day,
    MAX(day_then) AS last_day_then,
    MIN(quiet_ago) AS quiet_ago_days,
    COUNT(opened_day) AS purchases,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
    COUNT(CASE WHEN NOT day_in_window IS NULL THEN opened_day END) AS window_purchases,
    COALESCE(CAST(SUM(CASE WHEN NOT day_in_window IS NULL THEN amount_minor END) AS BIGINT), 0) AS window_amount_minor,
    COUNT(CASE WHEN NOT day_in_window_then IS NULL THEN opened_day END) AS then_window_purchases,
    COALESCE(
      CAST(SUM(CASE WHEN NOT day_in_window_then IS NULL THEN amount_minor END) AS BIGINT),
      0
    ) AS then_window_amount_minor
  FROM dated
  GROUP BY
    customer_no
)
SELECT
  DATEDIFF(DAY, first_day, CAST(:as_of AS DATE)) AS age_days,
  DATEDIFF(DAY, last_day, CAST(:as_of AS DATE)) AS recency_days,
  purchases,
  amount_minor,
  CAST(quiet_ago_days AS BIGINT) AS quiet_ago_days,
  window_purchases,
  window_amount_minor,
  CASE
    WHEN first_day <= :compared_on
    THEN DATEDIFF(DAY, first_day, CAST(:compared_on AS DATE))
    ELSE -1
  END AS then_age_days,
  COALESCE(DATEDIFF(DAY, last_day_then, CAST(:compared_on AS DATE)), -1) AS then_recency_days,
  then_window_purchases,
  then_window_amount_minor
FROM customers
ORDER BY
  customer_no NULLS LAST
