WITH assigned AS (
  SELECT
    customer_id,
    MIN(COALESCE(arm, '')) AS arm,
    MIN(CAST(assigned_at AS DATE)) AS assigned_day
  FROM assignments
  WHERE
    campaign_id = :campaign_id AND CAST(assigned_at AS DATE) <= :as_of
  GROUP BY
    customer_id
), earlier AS (
  SELECT
    assigned.customer_id,
    CAST(SUM(customer_day.orders) AS BIGINT) AS orders,
    CAST(SUM(customer_day.amount_minor) AS BIGINT) AS amount_minor
  FROM assigned
  INNER JOIN customer_keys
    ON assigned.customer_id = customer_keys.customer_id
  INNER JOIN customer_day
    ON customer_keys.customer_no = customer_day.customer_no
  WHERE
    customer_day.day < assigned.assigned_day
    AND DATEDIFF(DAY, customer_day.day, assigned.assigned_day) <= :pre_period_days
  GROUP BY
    assigned.customer_id
)
SELECT
  assigned.customer_id,
  assigned.arm,
  assigned.assigned_day,
  COALESCE(earlier.orders, 0) AS orders_before,
  COALESCE(earlier.amount_minor, 0) AS amount_before_minor
FROM assigned
LEFT JOIN earlier
  ON assigned.customer_id = earlier.customer_id
ORDER BY
  assigned.customer_id NULLS LAST
