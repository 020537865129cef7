-- One row per kind of order (`first` and `repeat` one-off orders, `subscription`) and whether it was
-- discounted: orders, customers, what was paid and what was given away. A customer's first one-off
-- order is `first`.
WITH ordered AS (
    SELECT
        customer_id,
        coalesce(purchase_type, 'one_off') AS purchase_type,
        amount_minor,
        coalesce(discount_minor, 0) AS discount_minor,
        row_number() OVER (
            PARTITION BY customer_id, coalesce(purchase_type, 'one_off')
            ORDER BY ordered_at, order_id
        ) AS order_no
    FROM orders
    WHERE CAST(ordered_at AS DATE) <= $as_of
),

by_customer AS (
    SELECT
        customer_id,
        CASE
            WHEN purchase_type = 'subscription' THEN 'subscription'
            WHEN order_no = 1 THEN 'first'
            ELSE 'repeat'
        END AS kind,
        discount_minor > 0 AS is_discounted,
        count(*) AS orders,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
        CAST(sum(discount_minor) AS BIGINT) AS discount_minor
    FROM ordered
    GROUP BY
        customer_id,
        CASE
            WHEN purchase_type = 'subscription' THEN 'subscription'
            WHEN order_no = 1 THEN 'first'
            ELSE 'repeat'
        END,
        discount_minor > 0
)

SELECT
    kind,
    is_discounted,
    CAST(sum(orders) AS BIGINT) AS orders,
    count(*) AS customers,
    CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
    CAST(sum(discount_minor) AS BIGINT) AS discount_minor
FROM by_customer
GROUP BY kind, is_discounted
ORDER BY kind, is_discounted
