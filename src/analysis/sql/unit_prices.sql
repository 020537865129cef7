-- How many times a product was bought at what price a piece in one-off orders: one row per (first
-- one-off order or later, price rounded down to `$step_minor`). The price is what was paid for the
-- product in the order, divided by its pieces.
WITH bought AS (
    SELECT
        customer_no,
        order_no,
        CAST(amount_minor // quantity AS BIGINT) AS price_minor
    FROM baskets
    WHERE day <= $as_of AND purchase_type = 'one_off' AND quantity > 0
),

first_orders AS (
    SELECT min(order_no) AS order_no
    FROM bought
    GROUP BY customer_no
)

SELECT
    first_orders.order_no IS NOT NULL AS is_first,
    bought.price_minor - bought.price_minor % $step_minor AS value_minor,
    count(*) AS number
FROM bought LEFT JOIN first_orders ON bought.order_no = first_orders.order_no
GROUP BY
    first_orders.order_no IS NOT NULL,
    bought.price_minor - bought.price_minor % $step_minor
ORDER BY is_first, value_minor
