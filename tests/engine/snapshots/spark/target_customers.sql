WITH bought AS (
  SELECT
    customer_no,
    CAST(SUM(orders) AS BIGINT) AS orders,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
    CAST(SUM(
      CASE
        WHEN EXTRACT(YEAR FROM day) = EXTRACT(YEAR FROM CAST(:as_of AS DATE))
        AND EXTRACT(MONTH FROM day) = EXTRACT(MONTH FROM CAST(:as_of AS DATE))
        THEN amount_minor
        ELSE 0
      END
    ) AS BIGINT) AS amount_this_month_minor,
    DATEDIFF(DAY, MAX(day), CAST(:as_of AS DATE)) AS days_since_order,
    CAST(SUM(
      CASE
        WHEN DATEDIFF(DAY, day, CAST(:as_of AS DATE)) < :window_days
        THEN opens_day
        ELSE 0
      END
    ) AS BIGINT) AS window_purchases,
    CAST(SUM(
      CASE
        WHEN DATEDIFF(DAY, day, CAST(:as_of AS DATE)) < :window_days
        THEN amount_minor
        ELSE 0
      END
    ) AS BIGINT) AS window_amount_minor
  FROM customer_day
  WHERE
    day <= :as_of
  GROUP BY
    customer_no
)
SELECT
  customer_keys.customer_id,
  bought.orders,
  bought.amount_minor,
  bought.amount_this_month_minor,
  bought.days_since_order,
  bought.window_purchases,
  bought.window_amount_minor
FROM bought
INNER JOIN customer_keys
  ON bought.customer_no = customer_keys.customer_no
ORDER BY
  customer_keys.customer_id NULLS LAST
