WITH days AS (
  SELECT
    customer_id,
    day,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
  FROM customer_day
  WHERE
    day <= %(as_of)s AND purchase_type <> 'subscription'
  GROUP BY
    customer_id,
    day
), numbered AS (
  SELECT
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY day) AS purchase_no,
    (
      CAST(%(as_of)s AS DATE) - CAST(day AS DATE)
    ) AS silent_days,
    (
      CAST(LEAD(day) OVER (PARTITION BY customer_id ORDER BY day) AS DATE) - CAST(day AS DATE)
    ) AS gap_days,
    LEAD(amount_minor) OVER (PARTITION BY customer_id ORDER BY day) AS next_amount_minor
  FROM days
), steps AS (
  SELECT
    purchase_no,
    next_amount_minor,
    CASE WHEN gap_days IS NULL THEN 0 ELSE 1 END AS has_next,
    CASE WHEN silent_days >= %(window_days)s THEN 1 ELSE 0 END AS is_mature,
    CASE WHEN gap_days <= %(window_days)s THEN 1 ELSE 0 END AS in_window
  FROM numbered
  WHERE
    purchase_no <= 10
)
SELECT
  purchase_no,
  COUNT(*) AS customers,
  CAST(SUM(has_next) AS BIGINT) AS next_ever,
  CAST(SUM(is_mature) AS BIGINT) AS mature_customers,
  CAST(SUM(is_mature * in_window) AS BIGINT) AS mature_next,
  CAST(SUM(is_mature * in_window * COALESCE(next_amount_minor, 0)) AS BIGINT) AS mature_next_amount_minor
FROM steps
GROUP BY
  purchase_no
ORDER BY
  purchase_no
