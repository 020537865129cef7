-- One row per day and kind of purchase: a customer's first, second, third or later one-off
-- purchase (all one-off orders of a day are one), kind 1 to 4, and subscription orders, kind 0. What
-- went back on a day and belongs to no order is kind -1, its amount below zero.
WITH kinds AS (
    SELECT
        day,
        CASE
            WHEN purchase_type = 'subscription' THEN 0
            WHEN purchase_no < 4 THEN purchase_no
            ELSE 4
        END AS kind,
        CASE WHEN purchase_type = 'subscription' THEN orders ELSE 1 END AS purchases,
        amount_minor
    FROM customer_day
    WHERE day <= $as_of
    UNION ALL
    SELECT
        CAST(refunded_at AS DATE) AS day,
        -1 AS kind,
        0 AS purchases,
        -amount_minor AS amount_minor
    FROM refunds
    WHERE order_id IS NULL AND CAST(refunded_at AS DATE) <= $as_of
)

SELECT
    day,
    CAST(kind AS BIGINT) AS kind,
    CAST(sum(purchases) AS BIGINT) AS purchases,
    CAST(sum(amount_minor) AS BIGINT) AS amount_minor
FROM kinds
GROUP BY day, kind
ORDER BY day, kind
