WITH placed AS (
  SELECT
    amount_minor - amount_minor % %(step_minor)s AS value_minor
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= %(as_of)s
    AND COALESCE(purchase_type, 'one_off') = 'one_off'
), first_days AS (
  SELECT
    customer_no,
    orders,
    amount_minor
  FROM customer_day
  WHERE
    day <= %(as_of)s AND purchase_type = 'one_off' AND purchase_no = 1
), in_order AS (
  SELECT
    amount_minor,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id) AS order_no
  FROM orders
  WHERE
    COALESCE(purchase_type, 'one_off') = 'one_off'
    AND customer_id IN (
      SELECT
        customer_keys.customer_id
      FROM customer_keys
      INNER JOIN first_days
        ON customer_keys.customer_no = first_days.customer_no
      WHERE
        first_days.orders > 1
    )
), firsts AS (
  SELECT
    amount_minor
  FROM first_days
  WHERE
    orders = 1
  UNION ALL
  SELECT
    amount_minor
  FROM in_order
  WHERE
    order_no = 1
), counted AS (
  SELECT
    value_minor,
    COUNT(*) AS number,
    0 AS first_number
  FROM placed
  GROUP BY
    value_minor
  UNION ALL
  SELECT
    amount_minor - amount_minor % %(step_minor)s AS value_minor,
    0 AS number,
    COUNT(*) AS first_number
  FROM firsts
  GROUP BY
    amount_minor - amount_minor % %(step_minor)s
), kinds AS (
  SELECT
    TRUE AS is_first
  UNION ALL
  SELECT
    FALSE AS is_first
), numbers AS (
  SELECT
    kinds.is_first,
    counted.value_minor,
    SUM(CASE WHEN kinds.is_first THEN first_number ELSE number - first_number END) AS number
  FROM counted
  CROSS JOIN kinds
  GROUP BY
    kinds.is_first,
    counted.value_minor
)
SELECT
  is_first,
  value_minor,
  CAST(number AS BIGINT) AS number
FROM numbers
WHERE
  number > 0
ORDER BY
  is_first,
  value_minor
