WITH one_off AS (
  SELECT
    customer_id,
    day,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
  FROM customer_day
  WHERE
    day <= %(as_of)s AND purchase_type <> 'subscription'
  GROUP BY
    customer_id,
    day
), numbered AS (
  SELECT
    day,
    amount_minor,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY day) AS purchase_no
  FROM one_off
), kinds AS (
  SELECT
    day,
    CASE WHEN purchase_no < 4 THEN purchase_no ELSE 4 END AS kind,
    COUNT(*) AS purchases,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
  FROM numbered
  GROUP BY
    day,
    CASE WHEN purchase_no < 4 THEN purchase_no ELSE 4 END
  UNION ALL
  SELECT
    day,
    0 AS kind,
    CAST(SUM(orders) AS BIGINT) AS purchases,
    CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
  FROM customer_day
  WHERE
    day <= %(as_of)s AND purchase_type = 'subscription'
  GROUP BY
    day
)
SELECT
  day,
  kind,
  purchases,
  amount_minor
FROM kinds
ORDER BY
  day,
  kind
