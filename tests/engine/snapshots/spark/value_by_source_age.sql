WITH moments AS (
  SELECT
    customer_id,
    MIN(ordered_at) AS ordered_at
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= :as_of
  GROUP BY
    customer_id
), firsts AS (
  SELECT
    orders.customer_id,
    orders.source,
    CAST(orders.ordered_at AS DATE) AS first_day,
    ROW_NUMBER() OVER (PARTITION BY orders.customer_id ORDER BY orders.order_id NULLS LAST) AS place
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
    AND DATEDIFF(DAY, first_day, CAST(:as_of AS DATE)) >= :window_days - 1
), paid AS (
  SELECT
    mature.source,
    CAST(EXTRACT(YEAR FROM mature.first_day) * 12 + EXTRACT(MONTH FROM mature.first_day) AS BIGINT) AS month,
    CAST(DATEDIFF(DAY, mature.first_day, customer_day.day) DIV 30 AS BIGINT) AS age_months,
    customer_day.amount_minor
  FROM mature
  INNER JOIN customer_keys
    ON mature.customer_id = customer_keys.customer_id
  INNER JOIN customer_day
    ON customer_keys.customer_no = customer_day.customer_no
  WHERE
    customer_day.day <= :as_of
    AND DATEDIFF(DAY, mature.first_day, customer_day.day) < :window_days
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
  source NULLS LAST,
  month NULLS LAST,
  age_months NULLS LAST
