-- One row: the counts behind the rates that tools call "repeat" or "continuation" rate. The month is
-- the last calendar month that is over; all one-off orders of a customer on one day are one purchase,
-- subscription orders are left out. A month is its year * 12 + its number - 1.
WITH days AS (
    SELECT
        customer_no,
        day,
        extract(YEAR FROM day) * 12 + extract(MONTH FROM day) - 1 AS month_no
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = 'one_off'
),

customers AS (
    SELECT
        count(*) AS purchases,
        min(month_no) AS first_month_no,
        date_diff('day', max(day), CAST($as_of AS DATE)) AS silent_days,
        max(CASE WHEN month_no = $month_no THEN 1 ELSE 0 END) AS in_month,
        max(CASE WHEN month_no = $month_no - 1 THEN 1 ELSE 0 END) AS in_month_before
    FROM days
    GROUP BY customer_no
)

SELECT
    count(*) AS customers,
    CAST(coalesce(sum(purchases), 0) AS BIGINT) AS purchases,
    CAST(coalesce(max(purchases), 0) AS BIGINT) AS most_purchases,
    CAST(coalesce(sum(CASE WHEN purchases > 1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS repeat_customers,
    CAST(coalesce(sum(in_month), 0) AS BIGINT) AS month_buyers,
    CAST(coalesce(sum(in_month_before), 0) AS BIGINT) AS month_before_buyers,
    CAST(coalesce(sum(in_month * in_month_before), 0) AS BIGINT) AS both_months_buyers,
    CAST(coalesce(sum(CASE WHEN first_month_no < $month_no THEN in_month ELSE 0 END), 0) AS BIGINT)
        AS month_returning,
    CAST(coalesce(sum(CASE WHEN silent_days < $fixed_days THEN 1 ELSE 0 END), 0) AS BIGINT) AS within_fixed_days
FROM customers
