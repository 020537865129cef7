-- How many customers share each (frequency, recency, age) as of a day: the rows a purchase model
-- needs, without a row per customer. Definitions as in btyd_summary. A customer has one row a day.
WITH histories AS (
    SELECT
        count(*) - 1 AS frequency,
        date_diff('day', min(day), max(day)) AS recency_days,
        date_diff('day', min(day), CAST($as_of AS DATE)) AS age_days
    FROM customer_day
    WHERE day <= $as_of AND purchase_type = 'one_off'
    GROUP BY customer_no
),

-- Three numbers in one, as grouping and sorting by one takes half the time.
packed AS (
    SELECT (frequency * 100000 + recency_days) * 100000 + age_days AS cell
    FROM histories
),

cells AS (
    SELECT cell, count(*) AS customers
    FROM packed
    GROUP BY cell
)

SELECT
    CAST(cell // 10000000000 AS BIGINT) AS frequency,
    CAST((cell // 100000) % 100000 AS BIGINT) AS recency_days,
    CAST(cell % 100000 AS BIGINT) AS age_days,
    customers
FROM cells
ORDER BY cell
