WITH purchases AS (
  SELECT
    customer_id,
    day
  FROM customer_day
  WHERE
    day <= %(as_of)s AND purchase_type = %(purchase_type)s
), numbered AS (
  SELECT
    day,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY day) AS order_no,
    LEAD(day) OVER (PARTITION BY customer_id ORDER BY day) AS next_day
  FROM purchases
), waits AS (
  SELECT
    order_no,
    (
      CAST(COALESCE(next_day, CAST(%(as_of)s AS DATE)) AS DATE) - CAST(day AS DATE)
    ) AS gap_days,
    NOT next_day IS NULL AS has_next
  FROM numbered
  WHERE
    order_no <= %(last_order_no)s
)
SELECT
  order_no,
  gap_days,
  has_next,
  COUNT(*) AS customers
FROM waits
GROUP BY
  order_no,
  gap_days,
  has_next
ORDER BY
  order_no,
  gap_days,
  has_next
