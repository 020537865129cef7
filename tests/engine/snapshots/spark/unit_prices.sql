WITH bought AS (
  SELECT
    customer_no,
    order_no,
    CAST(amount_minor DIV quantity AS BIGINT) AS price_minor
  FROM baskets
  WHERE
    day <= :as_of AND purchase_type = 'one_off' AND quantity > 0
), first_orders AS (
  SELECT
    MIN(order_no) AS order_no
  FROM bought
  GROUP BY
    customer_no
)
SELECT
  NOT first_orders.order_no IS NULL AS is_first,
  bought.price_minor - bought.price_minor % :step_minor AS value_minor,
  COUNT(*) AS number
FROM bought
LEFT JOIN first_orders
  ON bought.order_no = first_orders.order_no
GROUP BY
  NOT first_orders.order_no IS NULL,
  bought.price_minor - bought.price_minor % :step_minor
ORDER BY
  is_first NULLS LAST,
  value_minor NULLS LAST
