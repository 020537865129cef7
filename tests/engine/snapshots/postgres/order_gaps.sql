WITH purchases AS (
  SELECT
    CAST(customer_no AS INT) AS customer_no,
    CAST(purchase_no AS INT) AS purchase_no,
    day
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
    AND purchases.purchase_no = following.purchase_no - 1
    AND following.purchase_no > 1
  WHERE
    purchases.purchase_no <= %(last_order_no)s
)
SELECT
  CAST(order_no AS BIGINT) AS order_no,
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
