-- One row per coupon code: orders, customers, what was paid and what was given away.
WITH by_customer AS (
    SELECT
        coupon_code,
        customer_id,
        count(*) AS orders,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
        CAST(sum(coalesce(discount_minor, 0)) AS BIGINT) AS discount_minor
    FROM orders
    WHERE CAST(ordered_at AS DATE) <= $as_of AND coupon_code IS NOT NULL
    GROUP BY coupon_code, customer_id
)

SELECT
    coupon_code,
    CAST(sum(orders) AS BIGINT) AS orders,
    count(*) AS customers,
    CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
    CAST(sum(discount_minor) AS BIGINT) AS discount_minor
FROM by_customer
GROUP BY coupon_code
ORDER BY coupon_code
