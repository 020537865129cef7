-- One row per customer, without the key, sorted by all of it: what scores a customer as in
-- customer_ranks (silence, purchases and amounts of a window that ends with the as-of day,
-- purchases of all time); and of the one-off orders of all time how many there were, how many were
-- discounted, what was paid and what was given away. What subscribers pay less is in their terms.
WITH days AS (
    SELECT
        customer_id,
        date_diff('day', CAST(ordered_at AS DATE), CAST($as_of AS DATE)) AS silent_days,
        CAST(sum(amount_minor) AS BIGINT) AS all_minor,
        sum(CASE WHEN purchase_type = 'subscription' THEN 0 ELSE 1 END) AS orders,
        sum(CASE WHEN purchase_type <> 'subscription' AND discount_minor > 0 THEN 1 ELSE 0 END)
            AS discounted_orders,
        CAST(sum(CASE WHEN purchase_type = 'subscription' THEN 0 ELSE amount_minor END) AS BIGINT)
            AS amount_minor,
        CAST(sum(
            CASE WHEN purchase_type = 'subscription' THEN 0 ELSE coalesce(discount_minor, 0) END
        ) AS BIGINT) AS discount_minor
    FROM orders
    WHERE CAST(ordered_at AS DATE) <= $as_of
    GROUP BY customer_id, date_diff('day', CAST(ordered_at AS DATE), CAST($as_of AS DATE))
)

SELECT
    min(silent_days) AS recency_days,
    count(*) AS purchases,
    CAST(sum(CASE WHEN silent_days < $window_days THEN 1 ELSE 0 END) AS BIGINT) AS window_purchases,
    CAST(sum(CASE WHEN silent_days < $window_days THEN all_minor ELSE 0 END) AS BIGINT)
        AS window_amount_minor,
    CAST(sum(orders) AS BIGINT) AS orders,
    CAST(sum(discounted_orders) AS BIGINT) AS discounted_orders,
    CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
    CAST(sum(discount_minor) AS BIGINT) AS discount_minor
FROM days
GROUP BY customer_id
ORDER BY
    recency_days,
    purchases,
    window_purchases,
    window_amount_minor,
    orders,
    discounted_orders,
    amount_minor,
    discount_minor
