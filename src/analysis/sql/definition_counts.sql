-- One row: the counts behind the rates that tools call "repeat" or "continuation" rate. The month is
-- the last calendar month that is over; all one-off orders of a customer on one day are one purchase,
-- subscription orders are left out. A month is its year * 12 + its number - 1.
WITH days AS (
    SELECT
        customer_no,
        purchase_no,
        extract(YEAR FROM day) * 12 + extract(MONTH FROM day) - 1 AS month_no,
        date_diff('day', day, CAST($as_of AS DATE)) AS silent_days
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = 'one_off'
),

totals AS (
    SELECT
        CAST(coalesce(sum(CASE WHEN purchase_no = 1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS customers,
        count(*) AS purchases,
        CAST(coalesce(max(purchase_no), 0) AS BIGINT) AS most_purchases,
        CAST(coalesce(sum(CASE WHEN purchase_no = 2 THEN 1 ELSE 0 END), 0) AS BIGINT)
            AS repeat_customers
    FROM days
),

-- Who has bought before a month bought in it, but not for the first time.
recent AS (
    SELECT
        max(CASE WHEN month_no = $month_no THEN 1 ELSE 0 END) AS in_month,
        max(CASE WHEN month_no = $month_no AND purchase_no = 1 THEN 1 ELSE 0 END) AS is_new,
        max(CASE WHEN month_no = $month_no - 1 THEN 1 ELSE 0 END) AS in_month_before,
        max(CASE WHEN silent_days < $fixed_days THEN 1 ELSE 0 END) AS in_fixed_days
    FROM days
    WHERE month_no >= $month_no - 1 OR silent_days < $fixed_days
    GROUP BY customer_no
),

buyers AS (
    SELECT
        CAST(coalesce(sum(in_month), 0) AS BIGINT) AS month_buyers,
        CAST(coalesce(sum(in_month_before), 0) AS BIGINT) AS month_before_buyers,
        CAST(coalesce(sum(in_month * in_month_before), 0) AS BIGINT) AS both_months_buyers,
        CAST(coalesce(sum(in_month - is_new), 0) AS BIGINT) AS month_returning,
        CAST(coalesce(sum(in_fixed_days), 0) AS BIGINT) AS within_fixed_days
    FROM recent
)

SELECT
    totals.customers,
    totals.purchases,
    totals.most_purchases,
    totals.repeat_customers,
    buyers.month_buyers,
    buyers.month_before_buyers,
    buyers.both_months_buyers,
    buyers.month_returning,
    buyers.within_fixed_days
FROM totals CROSS JOIN buyers
