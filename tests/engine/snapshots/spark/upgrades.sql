WITH grades AS (
  SELECT
    lower_keys.product_no,
    upper_keys.product_no AS upgrade_product_no
  FROM products
  INNER JOIN product_keys AS lower_keys
    ON products.product_id = lower_keys.product_id
  INNER JOIN product_keys AS upper_keys
    ON products.upgrade_product_id = upper_keys.product_id
), concerned AS (
  SELECT
    product_no
  FROM grades
  UNION
  SELECT
    upgrade_product_no AS product_no
  FROM grades
), bought AS (
  SELECT
    baskets.customer_no,
    baskets.product_no,
    MIN(baskets.order_no) AS order_no,
    MIN(baskets.day) AS day,
    COUNT(*) AS orders,
    CAST(SUM(baskets.amount_minor) AS BIGINT) AS amount_minor
  FROM baskets
  INNER JOIN concerned
    ON baskets.product_no = concerned.product_no
  WHERE
    baskets.day <= :as_of
  GROUP BY
    baskets.customer_no,
    baskets.product_no
), buyers AS (
  SELECT
    grades.product_no,
    grades.upgrade_product_no,
    bought.day,
    upper_bought.day AS upgrade_day
  FROM grades
  INNER JOIN bought
    ON grades.product_no = bought.product_no
  LEFT JOIN bought AS upper_bought
    ON grades.upgrade_product_no = upper_bought.product_no
    AND bought.customer_no = upper_bought.customer_no
  WHERE
    upper_bought.order_no IS NULL OR upper_bought.order_no > bought.order_no
), paid AS (
  SELECT
    product_no,
    CAST(SUM(orders) AS BIGINT) AS orders,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
  FROM bought
  GROUP BY
    product_no
), counted AS (
  SELECT
    product_no,
    upgrade_product_no,
    COUNT(*) AS buyers,
    CAST(SUM(
      CASE
        WHEN upgrade_day IS NULL AND DATEDIFF(DAY, day, CAST(:as_of AS DATE)) < :window_days
        THEN 1
        ELSE 0
      END
    ) AS BIGINT) AS candidates,
    CAST(SUM(
      CASE WHEN DATEDIFF(DAY, day, CAST(:as_of AS DATE)) >= :window_days THEN 1 ELSE 0 END
    ) AS BIGINT) AS mature_buyers,
    CAST(SUM(
      CASE
        WHEN DATEDIFF(DAY, day, CAST(:as_of AS DATE)) >= :window_days
        AND DATEDIFF(DAY, day, upgrade_day) <= :window_days
        THEN 1
        ELSE 0
      END
    ) AS BIGINT) AS mature_upgraded
  FROM buyers
  GROUP BY
    product_no,
    upgrade_product_no
)
SELECT
  counted.product_no,
  counted.upgrade_product_no,
  counted.buyers,
  counted.candidates,
  counted.mature_buyers,
  counted.mature_upgraded,
  COALESCE(paid.orders, 0) AS upgrade_orders,
  COALESCE(paid.amount_minor, 0) AS upgrade_amount_minor
FROM counted
LEFT JOIN paid
  ON counted.upgrade_product_no = paid.product_no
ORDER BY
  counted.product_no NULLS LAST,
  counted.upgrade_product_no NULLS LAST
