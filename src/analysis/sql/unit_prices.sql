-- How many times a product was bought at what price a unit in one-off orders: one row per (first
-- one-off order or later, price rounded down to `$step_minor`). The price is what was paid for the
-- product in the order, divided by its quantity: pieces, or kilograms and the like.
WITH priced AS (
    SELECT
        -- Narrow numbers: what is grouped and joined takes less memory.
        CAST(customer_no AS INTEGER) AS customer_no,
        CAST(order_no AS INTEGER) AS order_no,
        customer_order_no,
        -- Whole numbers on both sides: a quantity has three decimals.
        (amount_minor * 1000) // CAST(quantity * 1000 AS BIGINT) AS price_minor
    FROM baskets
    WHERE day <= $as_of AND purchase_type = 'one_off' AND quantity >= 0.001
),

bought AS (
    SELECT
        customer_no,
        order_no,
        customer_order_no,
        price_minor - price_minor % $step_minor AS value_minor
    FROM priced
),

-- Most first orders tell so themselves; the others are those of customers who began with none of
-- these, such as with a subscription.
others AS (
    SELECT customer_no, order_no, value_minor
    FROM bought
    WHERE customer_order_no > 1 AND NOT EXISTS (
        SELECT 1
        FROM bought AS begun
        WHERE begun.customer_order_no = 1 AND begun.customer_no = bought.customer_no
    )
),

other_firsts AS (
    SELECT min(order_no) AS order_no
    FROM others
    GROUP BY customer_no
),

counted AS (
    SELECT
        value_minor,
        count(*) AS number,
        sum(CASE WHEN customer_order_no = 1 THEN 1 ELSE 0 END) AS first_number
    FROM bought
    GROUP BY value_minor
    UNION ALL
    SELECT others.value_minor, 0 AS number, count(*) AS first_number
    FROM others INNER JOIN other_firsts ON others.order_no = other_firsts.order_no
    GROUP BY others.value_minor
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
