WITH assigned AS (
  SELECT
    customer_keys.customer_no,
    assignments.customer_id,
    MIN(CAST(assignments.assigned_at AS DATE)) AS assigned_day
  FROM assignments
  INNER JOIN customer_keys
    ON assignments.customer_id = customer_keys.customer_id
  WHERE
    assignments.campaign_id = :campaign_id
    AND CAST(assignments.assigned_at AS DATE) <= :as_of
  GROUP BY
    customer_keys.customer_no,
    assignments.customer_id
)
SELECT
  assigned.customer_id,
  COUNT(*) AS orders
FROM baskets
INNER JOIN product_keys
  ON baskets.product_no = product_keys.product_no
INNER JOIN assigned
  ON baskets.customer_no = assigned.customer_no
WHERE
  product_keys.product_id = :product_id
  AND baskets.day >= assigned.assigned_day
  AND baskets.day <= :as_of
  AND DATEDIFF(DAY, assigned.assigned_day, baskets.day) < :window_days
GROUP BY
  assigned.customer_id
ORDER BY
  assigned.customer_id NULLS LAST
