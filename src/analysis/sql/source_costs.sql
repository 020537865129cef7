-- One row per source and month: what was spent, and the customers whose first order came from the
-- source in the month. The last month may be cut by the as-of day.
WITH ordered AS (
    SELECT
        source,
        CAST(ordered_at AS DATE) AS day,
        row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id) AS order_no
    FROM orders
    WHERE CAST(ordered_at AS DATE) <= $as_of
),

acquired AS (
    SELECT
        source,
        extract(YEAR FROM day) * 12 + extract(MONTH FROM day) AS month,
        count(*) AS customers
    FROM ordered
    WHERE order_no = 1
    GROUP BY source, extract(YEAR FROM day) * 12 + extract(MONTH FROM day)
),

spent AS (
    SELECT
        source,
        extract(YEAR FROM month) * 12 + extract(MONTH FROM month) AS month,
        CAST(sum(cost_minor) AS BIGINT) AS cost_minor
    FROM costs
    WHERE month <= $as_of
    GROUP BY source, extract(YEAR FROM month) * 12 + extract(MONTH FROM month)
)

SELECT
    spent.source,
    CAST(spent.month AS BIGINT) AS month,
    spent.cost_minor,
    coalesce(acquired.customers, 0) AS customers
FROM spent
LEFT JOIN acquired ON spent.source = acquired.source AND spent.month = acquired.month
ORDER BY spent.source, spent.month
