-- One row per customer who has bought a product up to a day: how many orders had it, and the days
-- since the last of them.
SELECT
    customer_keys.customer_id,
    count(*) AS orders,
    date_diff('day', max(baskets.day), CAST($as_of AS DATE)) AS days_since
FROM baskets
INNER JOIN product_keys ON baskets.product_no = product_keys.product_no
INNER JOIN customer_keys ON baskets.customer_no = customer_keys.customer_no
WHERE product_keys.product_id = $product_id
    AND baskets.day <= $as_of
GROUP BY customer_keys.customer_id
ORDER BY customer_keys.customer_id
