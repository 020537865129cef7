-- One row per month of the first purchase and months since: customers who bought in that month,
-- their purchases and what they paid. All orders of a customer on one day are one purchase; a month
-- is its year * 12 + its number - 1.
WITH days AS (
    SELECT customer_id, day, CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM customer_day
    WHERE day <= $as_of
    GROUP BY customer_id, day
),

months AS (
    SELECT
        customer_id,
        extract(YEAR FROM day) * 12 + extract(MONTH FROM day) - 1 AS month_no,
        count(*) AS purchases,
        CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM days
    GROUP BY customer_id, extract(YEAR FROM day) * 12 + extract(MONTH FROM day) - 1
),

aged AS (
    SELECT
        month_no,
        min(month_no) OVER (PARTITION BY customer_id) AS cohort_no,
        purchases,
        amount_minor
    FROM months
)

SELECT
    CAST(cohort_no AS BIGINT) AS cohort_no,
    CAST(month_no - cohort_no AS BIGINT) AS age_months,
    count(*) AS customers,
    CAST(sum(purchases) AS BIGINT) AS purchases,
    CAST(sum(amount_minor) AS BIGINT) AS amount_minor
FROM aged
GROUP BY cohort_no, month_no - cohort_no
ORDER BY cohort_no, age_months
