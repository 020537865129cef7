WITH purchases AS (
  SELECT
    customer_id,
    day
  FROM customer_day
  WHERE
    day <= %(as_of)s AND purchase_type = 'one_off'
), dated AS (
  SELECT
    day,
    MIN(day) OVER (PARTITION BY customer_id) AS first_day
  FROM purchases
)
SELECT
  day,
  CAST(SUM(CASE WHEN day = first_day THEN 1 ELSE 0 END) AS BIGINT) AS new_customers,
  CAST(SUM(CASE WHEN day > first_day THEN 1 ELSE 0 END) AS BIGINT) AS repeat_purchases,
  CAST(SUM(CASE WHEN day = first_day AND first_day <= %(acquired_by)s THEN 1 ELSE 0 END) AS BIGINT) AS cohort_new_customers,
  CAST(SUM(CASE WHEN day > first_day AND first_day <= %(acquired_by)s THEN 1 ELSE 0 END) AS BIGINT) AS cohort_repeat_purchases
FROM dated
GROUP BY
  day
ORDER BY
  day
