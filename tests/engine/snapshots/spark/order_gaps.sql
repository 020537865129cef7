WITH purchases AS (
  SELECT
    customer_no,
    day,
    purchase_no
  FROM customer_day
  WHERE
    day <= :as_of
    AND purchase_type = :purchase_type
    AND purchase_no <= :last_order_no + 1
), waits AS (
  SELECT
    purchases.purchase_no AS order_no,
    DATEDIFF(DAY, purchases.day, COALESCE(following.day, CAST(:as_of AS DATE))) AS gap_days,
    NOT following.day IS NULL AS has_next
  FROM purchases
  LEFT JOIN purchases AS following
    ON purchases.customer_no = following.customer_no
    AND purchases.purchase_no + 1 = following.purchase_no
  WHERE
    purchases.purchase_no <= :last_order_no
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
