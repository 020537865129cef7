WITH assigned AS (
  SELECT
    customer_keys.customer_no,
    assignments.customer_id,
    MIN(CAST(assignments.assigned_at AS DATE)) AS assigned_day
  FROM assignments
  INNER JOIN customer_keys
    ON assignments.customer_id = customer_keys.customer_id
  WHERE
    assignments.campaign_id = %(campaign_id)s
    AND CAST(assignments.assigned_at AS DATE) <= %(as_of)s
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
  product_keys.product_id = %(product_id)s
  AND baskets.day >= assigned.assigned_day
  AND baskets.day <= %(as_of)s
  AND (
    CAST(baskets.day AS DATE) - CAST(assigned.assigned_day AS DATE)
  ) < %(window_days)s
GROUP BY
  assigned.customer_id
ORDER BY
  assigned.customer_id
