-- One row per customer: what a customer has paid within a number of days from the first purchase
-- (that day included), one-off and subscription orders together.
WITH paid AS (
    SELECT
        customer_no,
        first_day,
        CAST(sum(orders) AS BIGINT) AS orders,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM customer_day
    WHERE day <= $as_of AND date_diff('day', first_day, day) < $window_days
    GROUP BY customer_no, first_day
)

SELECT customer_keys.customer_id, paid.first_day, paid.orders, paid.amount_minor
FROM paid INNER JOIN customer_keys ON paid.customer_no = customer_keys.customer_no
ORDER BY paid.customer_no
