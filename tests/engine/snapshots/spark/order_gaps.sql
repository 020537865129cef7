WITH purchases AS (
  SELECT
    customer_id,
    day
  FROM customer_day
  WHERE
    day <= :as_of AND purchase_type = :purchase_type
), numbered AS (
  SELECT
    day,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY day NULLS LAST) AS order_no,
    LEAD(day) OVER (PARTITION BY customer_id ORDER BY day NULLS LAST) AS next_day
  FROM purchases
), waits AS (
  SELECT
    order_no,
    DATEDIFF(DAY, day, COALESCE(next_day, CAST(:as_of AS DATE))) AS gap_days,
    NOT next_day IS NULL AS has_next
  FROM numbered
  WHERE
    order_no <= :last_order_no
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
  order_no NULLS LAST,
  gap_days NULLS LAST,
  has_next NULLS LAST
