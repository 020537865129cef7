-- One row per customer of a campaign, as assigned: the arm (the first by name where the ledger has
-- two), the first day of assignment, what is known of where the customer comes from, and what the
-- customer did in the days before the assignment.
WITH assigned AS (
    SELECT
        customer_id,
        min(coalesce(arm, '')) AS arm,
        min(CAST(assigned_at AS DATE)) AS assigned_day
    FROM assignments
    WHERE campaign_id = $campaign_id AND CAST(assigned_at AS DATE) <= $as_of
    GROUP BY customer_id
),

earlier AS (
    SELECT
        assigned.customer_id,
        CAST(sum(customer_day.orders) AS BIGINT) AS orders,
        CAST(sum(customer_day.amount_minor) AS BIGINT) AS amount_minor
    FROM assigned
    INNER JOIN customer_keys ON assigned.customer_id = customer_keys.customer_id
    INNER JOIN customer_day ON customer_keys.customer_no = customer_day.customer_no
    WHERE customer_day.day < assigned.assigned_day
        AND date_diff('day', customer_day.day, assigned.assigned_day) <= $pre_period_days
    GROUP BY assigned.customer_id
)

SELECT
    assigned.customer_id,
    assigned.arm,
    assigned.assigned_day,
    coalesce(earlier.orders, 0) AS orders_before,
    coalesce(earlier.amount_minor, 0) AS amount_before_minor
FROM assigned
LEFT JOIN earlier ON assigned.customer_id = earlier.customer_id
ORDER BY assigned.customer_id
