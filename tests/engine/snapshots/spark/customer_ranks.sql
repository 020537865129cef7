WITH dated AS (
  SELECT
    customer_no,
    day,
    opens_day,
    amount_minor,
    DATEDIFF(DAY, day, CAST(:as_of AS DATE)) - CASE
      WHEN purchase_type = 'subscription'
      THEN :subscription_days
      ELSE :dormancy_days
    END AS quiet_ago,
    CASE WHEN day <= :compared_on THEN day END AS day_then,
    CASE WHEN DATEDIFF(DAY, day, CAST(:as_of AS DATE)) < :window_days THEN 1 ELSE 0 END AS in_window,
    CASE
      WHEN day <= :compared_on
      AND DATEDIFF(DAY, day, CAST(:compared_on AS DATE)) < :window_days
      THEN 1
      ELSE 0
    END AS in_window_then
  FROM customer_day
  WHERE
    day <= :as_of
)
SELECT
  DATEDIFF(DAY, MIN(day), CAST(:as_of AS DATE)) AS age_days,
  DATEDIFF(DAY, MAX(day), CAST(:as_of AS DATE)) AS recency_days,
  CAST(SUM(opens_day) AS BIGINT) AS purchases,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
  MIN(quiet_ago) AS quiet_ago_days,
  CAST(SUM(in_window * opens_day) AS BIGINT) AS window_purchases,
  CAST(SUM(in_window * amount_minor) AS BIGINT) AS window_amount_minor,
  COALESCE(DATEDIFF(DAY, MIN(day_then), CAST(:compared_on AS DATE)), -1) AS then_age_days,
  COALESCE(DATEDIFF(DAY, MAX(day_then), CAST(:compared_on AS DATE)), -1) AS then_recency_days,
  CAST(SUM(in_window_then * opens_day) AS BIGINT) AS then_window_purchases,
  CAST(SUM(in_window_then * amount_minor) AS BIGINT) AS then_window_amount_minor
FROM dated
GROUP BY
  customer_no
ORDER BY
  age_days NULLS LAST,
  recency_days NULLS LAST,
  purchases NULLS LAST,
  amount_minor NULLS LAST,
  quiet_ago_days NULLS LAST,
  window_purchases NULLS LAST,
  window_amount_minor NULLS LAST,
  then_recency_days NULLS LAST,
  then_window_purchases NULLS LAST,
  then_window_amount_minor NULLS LAST
