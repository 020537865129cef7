-- One row per customer whose first order names a source: the source.
WITH numbered AS (
    SELECT
        customer_id,
        source,
        row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id) AS order_no
    FROM orders
    WHERE CAST(ordered_at AS DATE) <= $as_of
)

SELECT customer_id, source
FROM numbered
WHERE order_no = 1 AND source IS NOT NULL
ORDER BY customer_id
