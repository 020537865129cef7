-- One row: what was paid for products whose unit cost is known, and what those cost: quantities
-- times unit costs, to the thousandth of a minor unit, and only their sum is rounded
-- (halves away from zero).
SELECT
    CAST(coalesce(sum(baskets.amount_minor), 0) AS BIGINT) AS amount_minor,
    CAST(
        CAST(coalesce(sum(baskets.quantity * products.unit_cost_minor), 0) AS DECIMAL(38, 0))
        AS BIGINT
    ) AS cost_minor
FROM baskets
INNER JOIN product_keys ON baskets.product_no = product_keys.product_no
INNER JOIN products ON product_keys.product_id = products.product_id
WHERE baskets.day <= $as_of AND products.unit_cost_minor IS NOT NULL
