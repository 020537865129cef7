WITH purchases AS (
  SELECT
    customer_no,
    day,
    purchase_no,
    amount_minor
  FROM customer_day
  WHERE
    day <= %(as_of)s AND purchase_type = 'one_off' AND purchase_no <= 11
), steps AS (
  SELECT
    purchases.purchase_no,
    COALESCE(following.amount_minor, 0) AS next_amount_minor,
    CASE WHEN following.day IS NULL THEN 0 ELSE 1 END AS has_next,
    CASE
      WHEN (
        CAST(%(as_of)s AS DATE) - CAST(purchases.day AS DATE)
      ) >= %(window_days)s
      THEN 1
      ELSE 0
    END AS is_mature,
    CASE
      WHEN (
        CAST(following.day AS DATE) - CAST(purchases.day AS DATE)
      ) <= %(window_days)s
      THEN 1
      ELSE 0
    END AS in_window
  FROM purchases
  LEFT JOIN purchases AS following
    ON purchases.customer_no = following.customer_no
    AND purchases.purchase_no + 1 = following.purchase_no
  WHERE
    purchases.purchase_no <= 10
)
SELECT
  purchase_no,
  COUNT(*) AS customers,
  CAST(SUM(has_next) AS BIGINT) AS next_ever,
  CAST(SUM(is_mature) AS BIGINT) AS mature_customers,
  CAST(SUM(is_mature * in_window) AS BIGINT) AS mature_next,
  CAST(SUM(is_mature * in_window * next_amount_minor) AS BIGINT) AS mature_next_amount_minor
FROM steps
GROUP BY
  purchase_no
ORDER BY
  purchase_no
