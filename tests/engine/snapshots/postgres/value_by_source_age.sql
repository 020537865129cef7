WITH moments AS (
  SELECT
    customer_id,
    MIN(ordered_at) AS ordered_at
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= %(as_of)s
  GROUP BY
    customer_id
), firsts AS (
  SELECT
    orders.customer_id,
    orders.source,
    CAST(orders.ordered_at AS DATE) AS first_day,
    ROW_NUMBER() OVER (PARTITION BY orders.customer_id ORDER BY orders.order_id) AS place
  FROM moments
  INNER JOIN orders
    ON moments.customer_id = orders.customer_id
    AND moments.ordered_at = orders.ordered_at
), mature AS (
  SELECT
    customer_id,
    source,
    first_day
  FROM firsts
  WHERE
    place = 1
    AND NOT source IS NULL
    AND (
      CAST(%(as_of)s AS DATE) - CAST(first_day AS DATE)
    ) >= %(window_days)s - 1
), paid AS (
  SELECT
    mature.source,
    CAST(EXTRACT(YEAR FROM mature.first_day) * 12 + EXTRACT(MONTH FROM mature.first_day) AS BIGINT) AS month,
    CAST(DIV((
      CAST(customer_day.day AS DATE) - CAST(mature.first_day AS DATE)
    ), 30) AS BIGINT) AS age_months,
    customer_day.amount_minor
  FROM mature
  INNER JOIN customer_keys
    ON mature.customer_id = customer_keys.customer_id
  INNER JOIN customer_day
    ON customer_keys.customer_no = customer_day.customer_no
  WHERE
    customer_day.day <= %(as_of)s
    AND (
      CAST(customer_day.day AS DATE) - CAST(mature.first_day AS DATE)
    ) < %(window_days)s
)
SELECT
  source,
  month,
  age_months,
  CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
FROM paid
GROUP BY
  source,
  month,
  age_months
ORDER BY
  source,
  month,
  age_months
