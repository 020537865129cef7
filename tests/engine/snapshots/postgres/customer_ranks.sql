WITH dated AS (
  SELECT
    customer_no,
    day,
    opens_day,
    amount_minor,
    (
      CAST(%(as_of)s AS DATE) - CAST(day AS DATE)
    ) - CASE
      WHEN purchase_type = 'subscription'
      THEN %(subscription_days)s
      ELSE %(dormancy_days)s
    END AS quiet_ago,
    CASE WHEN day <= %(compared_on)s THEN day END AS day_then,
    CASE
      WHEN (
        CAST(%(as_of)s AS DATE) - CAST(day AS DATE)
      ) < %(window_days)s
      THEN 1
      ELSE 0
    END AS in_window,
    CASE
      WHEN day <= %(compared_on)s
      AND (
        CAST(%(compared_on)s AS DATE) - CAST(day AS DATE)
      ) < %(window_days)s
      THEN 1
      ELSE 0
    END AS in_window_then
  FROM customer_day
  WHERE
    day <= %(as_of)s
)
SELECT
  (
    CAST(%(as_of)s AS DATE) - CAST(MIN(day) AS DATE)
  ) AS age_days,
  (
    CAST(%(as_of)s AS DATE) - CAST(MAX(day) AS DATE)
  ) AS recency_days,
  CAST(SUM(opens_day) AS BIGINT) AS purchases,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
  MIN(quiet_ago) AS quiet_ago_days,
  CAST(SUM(in_window * opens_day) AS BIGINT) AS window_purchases,
  CAST(SUM(in_window * amount_minor) AS BIGINT) AS window_amount_minor,
  COALESCE((
    CAST(%(compared_on)s AS DATE) - CAST(MIN(day_then) AS DATE)
  ), -1) AS then_age_days,
  COALESCE((
    CAST(%(compared_on)s AS DATE) - CAST(MAX(day_then) AS DATE)
  ), -1) AS then_recency_days,
  CAST(SUM(in_window_then * opens_day) AS BIGINT) AS then_window_purchases,
  CAST(SUM(in_window_then * amount_minor) AS BIGINT) AS then_window_amount_minor
FROM dated
GROUP BY
  customer_no
ORDER BY
  age_days,
  recency_days,
  purchases,
  amount_minor,
  quiet_ago_days,
  window_purchases,
  window_amount_minor,
  then_recency_days,
  then_window_purchases,
  then_window_amount_minor
