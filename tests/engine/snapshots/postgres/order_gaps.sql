WITH purchases AS (
  SELECT
    customer_no,
    day,
    purchase_no
  FROM customer_day
  WHERE
    day <= %(as_of)s
    AND purchase_type = %(purchase_type)s
    AND purchase_no <= %(last_order_no)s + 1
), waits AS (
  SELECT
    purchases.purchase_no AS order_no,
    (
      CAST(COALESCE(following.day, CAST(%(as_of)s AS DATE)) AS DATE) - CAST(purchases.day AS DATE)
    ) AS gap_days,
    NOT following.day IS NULL AS has_next
  FROM purchases
  LEFT JOIN purchases AS following
    ON purchases.customer_no = following.customer_no
    AND purchases.purchase_no + 1 = following.purchase_no
  WHERE
    purchases.purchase_no <= %(last_order_no)s
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
