-- One row per calendar month and number of purchases: how many customers bought so often in it.
-- All orders of a customer on one day are one purchase. A month is its year * 12 + its number - 1.
WITH buyers AS (
    SELECT
        extract(YEAR FROM day) * 12 + extract(MONTH FROM day) - 1 AS month_no,
        CAST(sum(opens_day) AS BIGINT) AS purchases
    FROM customer_day
    WHERE day <= $as_of
    GROUP BY customer_no, extract(YEAR FROM day) * 12 + extract(MONTH FROM day) - 1
)

SELECT CAST(month_no AS BIGINT) AS month_no, purchases, count(*) AS customers
FROM buyers
GROUP BY month_no, purchases
ORDER BY month_no, purchases
