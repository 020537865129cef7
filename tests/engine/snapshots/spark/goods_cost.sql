SELECT
  CAST(COALESCE(SUM(baskets.amount_minor), 0) AS BIGINT) AS amount_minor,
  CAST(CAST(COALESCE(SUM(baskets.quantity * products.unit_cost_minor), 0) AS DECIMAL(38, 0)) AS BIGINT) AS cost_minor
FROM baskets
INNER JOIN product_keys
  ON baskets.product_no = product_keys.product_no
INNER JOIN products
  ON product_keys.product_id = products.product_id
WHERE
  baskets.day <= :as_of AND NOT products.unit_cost_minor IS NULL
