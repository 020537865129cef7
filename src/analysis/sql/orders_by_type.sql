-- One row per purchase type: orders and what they brought.
SELECT
    purchase_type,
    CAST(sum(orders) AS BIGINT) AS orders,
    CAST(sum(amount_minor) AS BIGINT) AS amount_minor
FROM customer_day
WHERE day <= $as_of
GROUP BY purchase_type
ORDER BY purchase_type
