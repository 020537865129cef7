-- One row per day and kind of purchase: a customer's first, second, third or later one-off
-- purchase (all one-off orders of a day are one), kind 1 to 4, and subscription orders, kind 0.
WITH one_off AS (
    SELECT customer_id, day, CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM customer_day
    WHERE day <= $as_of AND purchase_type <> 'subscription'
    GROUP BY customer_id, day
),

numbered AS (
    SELECT
        day,
        amount_minor,
        row_number() OVER (PARTITION BY customer_id ORDER BY day) AS purchase_no
    FROM one_off
),

kinds AS (
    SELECT
        day,
        CASE WHEN purchase_no < 4 THEN purchase_no ELSE 4 END AS kind,
        count(*) AS purchases,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM numbered
    GROUP BY day, CASE WHEN purchase_no < 4 THEN purchase_no ELSE 4 END
    UNION ALL
    SELECT
        day,
        0 AS kind,
        CAST(sum(orders) AS BIGINT) AS purchases,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = 'subscription'
    GROUP BY day
)

SELECT day, kind, purchases, amount_minor
FROM kinds
ORDER BY day, kind
