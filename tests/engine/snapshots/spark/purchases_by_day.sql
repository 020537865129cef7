WITH followed AS (
  SELECT
    customer_no
  FROM customer_day
  WHERE
    day <= :as_of
    AND day <= :acquired_by
    AND purchase_type = 'one_off'
    AND purchase_no = 1
), purchases AS (
  SELECT
    customer_day.day,
    CASE WHEN customer_day.purchase_no = 1 THEN 1 ELSE 0 END AS is_first,
    CASE WHEN followed.customer_no IS NULL THEN 0 ELSE 1 END AS is_followed
  FROM customer_day
  LEFT JOIN followed
    ON customer_day.customer_no = followed.customer_no
  WHERE
    customer_day.day <= :as_of AND customer_day.purchase_type = 'one_off'
)
SELECT
  day,
  CAST(SUM(is_first) AS BIGINT) AS new_customers,
  CAST(SUM(1 - is_first) AS BIGINT) AS repeat_purchases,
  CAST(SUM(is_first * is_followed) AS BIGINT) AS cohort_new_customers,
  CAST(SUM((
    1 - is_first
  ) * is_followed) AS BIGINT) AS cohort_repeat_purchases
FROM purchases
GROUP BY
  day
ORDER BY
  day NULLS LAST
