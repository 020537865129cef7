-- One row per month of the first purchase and months since: customers who bought in that month,
-- their purchases and what they paid. All orders of a customer on one day are one purchase; a month
-- is its year * 12 + its number - 1.
WITH aged AS (
    SELECT
        extract(YEAR FROM first_day) * 12 + extract(MONTH FROM first_day) - 1 AS cohort_no,
        extract(YEAR FROM day) * 12 + extract(MONTH FROM day) - 1 AS month_no,
        opens_month,
        opens_day,
        amount_minor
    FROM customer_day
    WHERE day <= $as_of
)

SELECT
    CAST(cohort_no AS BIGINT) AS cohort_no,
    CAST(month_no - cohort_no AS BIGINT) AS age_months,
    CAST(sum(opens_month) AS BIGINT) AS customers,
    CAST(sum(opens_day) AS BIGINT) AS purchases,
    CAST(sum(amount_minor) AS BIGINT) AS amount_minor
FROM aged
GROUP BY cohort_no, month_no - cohort_no
ORDER BY cohort_no, age_months
