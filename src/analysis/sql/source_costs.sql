-- One row per source and month: what was spent, and the customers whose first order came from the
-- source in the month. The last month may be cut by the as-of day.
WITH moments AS (
    SELECT customer_id, min(ordered_at) AS ordered_at
    FROM orders
    WHERE CAST(ordered_at AS DATE) <= $as_of
    GROUP BY customer_id
),

-- Orders of the same moment are in the order of their IDs.
firsts AS (
    SELECT
        orders.source,
        CAST(orders.ordered_at AS DATE) AS day,
        row_number() OVER (PARTITION BY orders.customer_id ORDER BY orders.order_id) AS place
    FROM moments
    INNER JOIN orders
        ON moments.customer_id = orders.customer_id AND moments.ordered_at = orders.ordered_at
),

acquired AS (
    SELECT
        source,
        extract(YEAR FROM day) * 12 + extract(MONTH FROM day) AS month,
        count(*) AS customers
    FROM firsts
    WHERE place = 1
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
