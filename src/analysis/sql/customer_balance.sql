-- One row: how the circle of active customers changed in a period that ends with the as-of day.
-- A purchase keeps a customer active for the dormancy days, a subscription order for the
-- subscription days; on the day after which neither holds the customer goes quiet, and with a later
-- purchase comes back. So always active at the end = active at the start + new + came back - quiet.
-- Refunds that belong to no order are in no purchase: they lower the amount of the period they fall in.
WITH days AS (
    SELECT
        customer_no,
        date_diff('day', day, CAST($as_of AS DATE)) AS silent_days,
        max(CASE WHEN purchase_type = 'subscription' THEN $subscription_days ELSE $dormancy_days END)
            AS active_days,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM customer_day
    WHERE day <= $as_of
    GROUP BY customer_no, day
),

-- How many days before the as-of day the customer goes quiet unless a purchase comes before.
purchases AS (
    SELECT
        customer_no,
        amount_minor,
        silent_days,
        min(silent_days - active_days) OVER (
            PARTITION BY customer_no ORDER BY silent_days DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS quiet_ago,
        min(silent_days - active_days) OVER (
            PARTITION BY customer_no ORDER BY silent_days DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS quiet_ago_before,
        lead(silent_days) OVER (PARTITION BY customer_no ORDER BY silent_days DESC)
            AS next_silent_days
    FROM days
),

-- Each is 1 where the purchase tells so, and 0 elsewhere.
events AS (
    SELECT
        customer_no,
        amount_minor,
        CASE WHEN quiet_ago_before IS NULL THEN 1 ELSE 0 END AS is_first,
        CASE WHEN silent_days < $period_days THEN 1 ELSE 0 END AS in_period,
        CASE WHEN quiet_ago_before > silent_days THEN 1 ELSE 0 END AS is_come_back,
        CASE
            WHEN quiet_ago >= 0 AND quiet_ago < $period_days
                AND (next_silent_days IS NULL OR next_silent_days < quiet_ago) THEN 1
            ELSE 0
        END AS went_quiet,
        CASE WHEN next_silent_days IS NULL AND quiet_ago < 0 THEN 1 ELSE 0 END AS active_at_end,
        CASE
            WHEN silent_days >= $period_days AND quiet_ago < $period_days
                AND (next_silent_days IS NULL OR next_silent_days < $period_days) THEN 1
            ELSE 0
        END AS active_at_start
    FROM purchases
),

customers AS (
    SELECT
        max(in_period) AS is_buyer,
        max(is_first * in_period) AS is_new,
        CAST(sum(is_come_back * in_period) AS BIGINT) AS came_back,
        CAST(sum(went_quiet) AS BIGINT) AS went_quiet,
        max(active_at_start) AS active_at_start,
        max(active_at_end) AS active_at_end,
        CAST(sum(in_period) AS BIGINT) AS purchases,
        CAST(sum(in_period * amount_minor) AS BIGINT) AS amount_minor
    FROM events
    GROUP BY customer_no
),

refunds_alone AS (
    SELECT coalesce(sum(amount_minor), 0) AS amount_minor
    FROM refunds
    WHERE order_id IS NULL
        AND CAST(refunded_at AS DATE) <= $as_of
        AND date_diff('day', CAST(refunded_at AS DATE), CAST($as_of AS DATE)) < $period_days
)

SELECT
    count(*) AS customers,
    CAST(coalesce(sum(active_at_start), 0) AS BIGINT) AS active_at_start,
    CAST(coalesce(sum(is_new), 0) AS BIGINT) AS new_customers,
    CAST(coalesce(sum(came_back), 0) AS BIGINT) AS came_back,
    CAST(coalesce(sum(went_quiet), 0) AS BIGINT) AS went_quiet,
    CAST(coalesce(sum(active_at_end), 0) AS BIGINT) AS active_at_end,
    CAST(coalesce(sum(is_buyer), 0) AS BIGINT) AS buyers,
    CAST(coalesce(sum(CASE WHEN is_new = 0 THEN is_buyer ELSE 0 END), 0) AS BIGINT)
        AS returning_customers,
    CAST(coalesce(sum(purchases), 0) AS BIGINT) AS purchases,
    CAST(
        coalesce(sum(amount_minor), 0) - (SELECT amount_minor FROM refunds_alone) AS BIGINT
    ) AS amount_minor
FROM customers
