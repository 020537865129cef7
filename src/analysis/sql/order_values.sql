-- How many one-off orders are worth how much: one row per (first one-off order of its customer or
-- later, order value rounded down to `$step_minor`).
WITH placed AS (
    SELECT amount_minor - amount_minor % $step_minor AS value_minor
    FROM orders
    WHERE CAST(ordered_at AS DATE) <= $as_of AND coalesce(purchase_type, 'one_off') = 'one_off'
),

first_days AS (
    SELECT customer_no, orders, amount_minor
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = 'one_off' AND purchase_no = 1
),

-- Few place several orders on their first day; only of these the orders have to be looked at. None
-- of the later ones, even after the as-of day, comes before the first.
in_order AS (
    SELECT
        amount_minor,
        row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id) AS order_no
    FROM orders
    WHERE coalesce(purchase_type, 'one_off') = 'one_off' AND customer_id IN (
        SELECT customer_keys.customer_id
        FROM customer_keys
        INNER JOIN first_days ON customer_keys.customer_no = first_days.customer_no
        WHERE first_days.orders > 1
    )
),

firsts AS (
    SELECT amount_minor FROM first_days WHERE orders = 1
    UNION ALL
    SELECT amount_minor FROM in_order WHERE order_no = 1
),

counted AS (
    SELECT value_minor, count(*) AS number, 0 AS first_number
    FROM placed
    GROUP BY value_minor
    UNION ALL
    SELECT
        amount_minor - amount_minor % $step_minor AS value_minor,
        0 AS number,
        count(*) AS first_number
    FROM firsts
    GROUP BY amount_minor - amount_minor % $step_minor
),

kinds AS (SELECT true AS is_first UNION ALL SELECT false AS is_first),

numbers AS (
    SELECT
        kinds.is_first,
        counted.value_minor,
        sum(CASE WHEN kinds.is_first THEN first_number ELSE number - first_number END) AS number
    FROM counted CROSS JOIN kinds
    GROUP BY kinds.is_first, counted.value_minor
)

SELECT is_first, value_minor, CAST(number AS BIGINT) AS number
FROM numbers
WHERE number > 0
ORDER BY is_first, value_minor
