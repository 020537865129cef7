WITH orders_to_date AS (
  SELECT
    customer_id,
    CAST(ordered_at AS DATE) AS day,
    amount_minor
  FROM orders
  WHERE
    CAST(ordered_at AS DATE) <= CAST(:as_of AS DATE)
), seen AS (
  SELECT
    day,
    COUNT(*) AS orders,
    EXTRACT(YEAR FROM day) * 100 + EXTRACT(MONTH FROM day) AS month
  FROM orders_to_date
  GROUP BY
    day
), neighbours AS (
  SELECT
    LAG(day) OVER (ORDER BY day NULLS LAST) AS day_before,
    day
  FROM seen
), gaps AS (
  SELECT
    day_before + 1 AS gap_begins,
    DATEDIFF(DAY, day_before, day) - 1 AS gap_days
  FROM neighbours
), empty AS (
  SELECT
    COALESCE(CAST(SUM(gap_days) AS BIGINT), 0) AS empty_days,
    MIN(CASE WHEN gap_days > 0 THEN gap_begins END) AS first_empty_day
  FROM gaps
), months AS (
  SELECT
    month,
    COUNT(*) AS days,
    CAST(SUM(orders) AS BIGINT) AS orders
  FROM seen
  GROUP BY
    month
), jumps AS (
  SELECT
    seen.day,
    seen.orders,
    months.orders - seen.orders AS other_orders,
    months.days - 1 AS other_days
  FROM seen
  INNER JOIN months
    ON seen.month = months.month
  WHERE
    months.days > 1
    AND seen.orders >= 30
    AND seen.orders * (
      months.days - 1
    ) > 5 * (
      months.orders - seen.orders
    )
  ORDER BY
    seen.orders DESC,
    seen.day NULLS LAST
  LIMIT 1
), buyers AS (
  SELECT
    customer_id,
    COUNT(*) AS orders
  FROM orders_to_date
  GROUP BY
    customer_id
), ranked AS (
  SELECT
    amount_minor,
    ROW_NUMBER() OVER (ORDER BY amount_minor NULLS LAST) AS place,
    COUNT(*) OVER () AS orders
  FROM orders_to_date
), amounts AS (
  SELECT
    COUNT(*) AS orders,
    MIN(CASE WHEN place * 2 >= orders THEN amount_minor END) AS middle_minor,
    CAST(SUM(CASE WHEN amount_minor % 100 = 0 THEN 1 ELSE 0 END) AS BIGINT) AS round_orders
  FROM ranked
)
SELECT
  amounts.orders,
  (
    SELECT
      COUNT(*)
    FROM buyers
  ) AS customers,
  (
    SELECT
      MAX(orders)
    FROM buyers
  ) AS largest_orders,
  amounts.middle_minor,
  amounts.round_orders,
  empty.empty_days,
  empty.first_empty_day,
  (
    SELECT
      day
    FROM jumps
  ) AS jump_day,
  (
    SELECT
      orders
    FROM jumps
  ) AS jump_orders,
  (
    SELECT
      other_orders
    FROM jumps
  ) AS jump_other_orders,
  (
    SELECT
      other_days
    FROM jumps
  ) AS jump_other_days
FROM amounts
CROSS JOIN empty
