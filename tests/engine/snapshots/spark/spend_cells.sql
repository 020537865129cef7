WITH purchases AS (
  SELECT
    customer_id,
    day,
    amount_minor
  FROM customer_day
  WHERE
    day <= :as_of AND purchase_type = 'one_off'
), numbered AS (
  SELECT
    customer_id,
    amount_minor,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY day NULLS LAST) AS purchase_no
  FROM purchases
), histories AS (
  SELECT
    COUNT(*) AS frequency,
    CAST(SUM(amount_minor) AS BIGINT) AS repeat_amount_minor
  FROM numbered
  WHERE
    purchase_no > 1
  GROUP BY
    customer_id
)
SELECT
  frequency,
  repeat_amount_minor,
  COUNT(*) AS customers
FROM histories
GROUP BY
  frequency,
  repeat_amount_minor
ORDER BY
  frequency NULLS LAST,
  repeat_amount_minor NULLS LAST
