-- One row: what the shop's orders cover up to a day.
SELECT
    min(day) AS first_day,
    max(day) AS last_day,
    CAST(coalesce(sum(CASE WHEN day = first_day THEN opens_day ELSE 0 END), 0) AS BIGINT)
        AS customers,
    CAST(sum(orders) AS BIGINT) AS orders,
    CAST(sum(amount_minor) AS BIGINT) AS amount_minor
FROM customer_day
WHERE day <= $as_of
