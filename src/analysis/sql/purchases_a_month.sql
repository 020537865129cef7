-- One row per calendar month and number of purchases: how many customers bought so often in it.
-- All orders of a customer on one day are one purchase. A month is its year * 12 + its number - 1.
WITH days AS (
    SELECT
        customer_no,
        opens_month,
        extract(YEAR FROM day) * 12 + extract(MONTH FROM day) - 1 AS month_no
    FROM customer_day
    WHERE day <= $as_of AND opens_day = 1
),

-- Most customers buy once in a month; only the rows of the others have to be brought together.
several AS (
    SELECT month_no, count(*) + 1 AS purchases
    FROM days
    WHERE opens_month = 0
    GROUP BY customer_no, month_no
),

counted AS (
    SELECT month_no, 1 AS purchases, sum(opens_month) AS customers
    FROM days
    GROUP BY month_no
    UNION ALL
    SELECT month_no, 1 AS purchases, -count(*) AS customers
    FROM several
    GROUP BY month_no
    UNION ALL
    SELECT month_no, purchases, count(*) AS customers
    FROM several
    GROUP BY month_no, purchases
)

SELECT
    CAST(month_no AS BIGINT) AS month_no,
    CAST(purchases AS BIGINT) AS purchases,
    CAST(sum(customers) AS BIGINT) AS customers
FROM counted
GROUP BY month_no, purchases
HAVING sum(customers) > 0
ORDER BY month_no, purchases
