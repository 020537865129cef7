-- One row per product that was ever ordered: its number and ID.
SELECT product_no, product_id
FROM product_keys
ORDER BY product_no
