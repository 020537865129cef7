-- One row per customer of a campaign who bought within the window: orders and what they paid. The
-- window begins on the day of the assignment; whoever is absent bought nothing.
WITH assigned AS (
    SELECT customer_id, min(CAST(assigned_at AS DATE)) AS assigned_day
    FROM assignments
    WHERE campaign_id = $campaign_id AND CAST(assigned_at AS DATE) <= $as_of
    GROUP BY customer_id
)

SELECT
    assigned.customer_id,
    CAST(sum(customer_day.orders) AS BIGINT) AS orders,
    CAST(sum(customer_day.amount_minor) AS BIGINT) AS amount_minor
FROM assigned
INNER JOIN customer_keys ON assigned.customer_id = customer_keys.customer_id
INNER JOIN customer_day ON customer_keys.customer_no = customer_day.customer_no
WHERE customer_day.day >= assigned.assigned_day
    AND customer_day.day <= $as_of
    AND date_diff('day', assigned.assigned_day, customer_day.day) < $window_days
GROUP BY assigned.customer_id
ORDER BY assigned.customer_id
