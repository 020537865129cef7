WITH histories AS (
  SELECT
    COUNT(*) AS frequency,
    CAST(SUM(amount_minor) AS BIGINT) AS repeat_amount_minor
  FROM customer_day
  WHERE
    day <= :as_of AND purchase_type = 'one_off' AND purchase_no > 1
  GROUP BY
    customer_no
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
