WITH days AS (
  SELECT
    customer_no,
    DATEDIFF(DAY, day, CAST(:as_of AS DATE)) AS silent_days,
    MAX(
      CASE
        WHEN purchase_type = 'subscription'
        THEN :subscription_days
        ELSE :dormancy_days
      END
    ) AS active_days,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
  FROM customer_day
  WHERE
    day <= :as_of
  GROUP BY
    customer_no,
    day
), purchases AS (
  SELECT
    customer_no,
    amount_minor,
    silent_days,
    MIN(silent_days - active_days) OVER (
      PARTITION BY customer_no
      ORDER BY silent_days DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS quiet_ago,
    MIN(silent_days - active_days) OVER (
      PARTITION BY customer_no
      ORDER BY silent_days DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS quiet_ago_before,
    LEAD(silent_days) OVER (PARTITION BY customer_no ORDER BY silent_days DESC) AS next_silent_days
  FROM days
), events AS (
  SELECT
    customer_no,
    amount_minor,
    CASE WHEN quiet_ago_before IS NULL THEN 1 ELSE 0 END AS is_first,
    CASE WHEN silent_days < :period_days THEN 1 ELSE 0 END AS in_period,
    CASE WHEN quiet_ago_before > silent_days THEN 1 ELSE 0 END AS is_come_back,
    CASE
      WHEN quiet_ago >= 0
      AND quiet_ago < :period_days
      AND (
        next_silent_days IS NULL OR next_silent_days < quiet_ago
      )
      THEN 1
      ELSE 0
    END AS went_quiet,
    CASE WHEN next_silent_days IS NULL AND quiet_ago < 0 THEN 1 ELSE 0 END AS active_at_end,
    CASE
      WHEN silent_days >= :period_days
      AND quiet_ago < :period_days
      AND (
        next_silent_days IS NULL OR next_silent_days < :period_days
      )
      THEN 1
      ELSE 0
    END AS active_at_start
  FROM purchases
), customers AS (
  SELECT
    MAX(in_period) AS is_buyer,
    MAX(is_first * in_period) AS is_new,
    CAST(SUM(is_come_back * in_period) AS BIGINT) AS came_back,
    CAST(SUM(went_quiet) AS BIGINT) AS went_quiet,
    MAX(active_at_start) AS active_at_start,
    MAX(active_at_end) AS active_at_end,
    CAST(SUM(in_period) AS BIGINT) AS purchases,
    CAST(SUM(in_period * amount_minor) AS BIGINT) AS amount_minor
  FROM events
  GROUP BY
    customer_no
), refunds_alone AS (
  SELECT
    COALESCE(SUM(amount_minor), 0) AS amount_minor
  FROM refunds
  WHERE
    order_id IS NULL
    AND CAST(refunded_at AS DATE) <= :as_of
    AND DATEDIFF(DAY, CAST(refunded_at AS DATE), CAST(:as_of AS DATE)) < :period_days
)
SELECT
  COUNT(*) AS customers,
  CAST(COALESCE(SUM(active_at_start), 0) AS BIGINT) AS active_at_start,
  CAST(COALESCE(SUM(is_new), 0) AS BIGINT) AS new_customers,
  CAST(COALESCE(SUM(came_back), 0) AS BIGINT) AS came_back,
  CAST(COALESCE(SUM(went_quiet), 0) AS BIGINT) AS went_quiet,
  CAST(COALESCE(SUM(active_at_end), 0) AS BIGINT) AS active_at_end,
  CAST(COALESCE(SUM(is_buyer), 0) AS BIGINT) AS buyers,
  CAST(COALESCE(SUM(CASE WHEN is_new = 0 THEN is_buyer ELSE 0 END), 0) AS BIGINT) AS returning_customers,
  CAST(COALESCE(SUM(purchases), 0) AS BIGINT) AS purchases,
  CAST(COALESCE(SUM(amount_minor), 0) - (
    SELECT
      amount_minor
    FROM refunds_alone
  ) AS BIGINT) AS amount_minor
FROM customers
