-- One row per product that was ever ordered: its number, ID and name.
SELECT
    product_keys.product_no,
    product_keys.product_id,
    coalesce(products.product_name, product_keys.product_id) AS product_name
FROM product_keys LEFT JOIN products ON product_keys.product_id = products.product_id
ORDER BY product_keys.product_no
