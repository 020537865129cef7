-- One row on what a person should look at before trusting the orders: volume by day, amounts,
-- and the customer with the most orders. A jump is a day with more than five times the orders of
-- an average other day of its month, and thirty at least. Shares are left to be divided last.
WITH orders_to_date AS (
    SELECT customer_id, CAST(ordered_at AS DATE) AS day, amount_minor
    FROM orders
    WHERE CAST(ordered_at AS DATE) <= CAST($as_of AS DATE)
),
seen AS (
    SELECT
        day,
        count(*) AS orders,
        extract(YEAR FROM day) * 100 + extract(MONTH FROM day) AS month
    FROM orders_to_date
    GROUP BY day
),
neighbours AS (
    SELECT lag(day) OVER (ORDER BY day) AS day_before, day FROM seen
),
gaps AS (
    SELECT
        day_before + 1 AS gap_begins,
        date_diff('day', day_before, day) - 1 AS gap_days
    FROM neighbours
),
empty AS (
    SELECT
        coalesce(CAST(sum(gap_days) AS BIGINT), 0) AS empty_days,
        min(CASE WHEN gap_days > 0 THEN gap_begins END) AS first_empty_day
    FROM gaps
),
months AS (
    SELECT month, count(*) AS days, CAST(sum(orders) AS BIGINT) AS orders FROM seen GROUP BY month
),
jumps AS (
    SELECT
        seen.day,
        seen.orders,
        months.orders - seen.orders AS other_orders,
        months.days - 1 AS other_days
    FROM seen INNER JOIN months ON seen.month = months.month
    WHERE
        months.days > 1
        AND seen.orders >= 30
        AND seen.orders * (months.days - 1) > 5 * (months.orders - seen.orders)
    ORDER BY seen.orders DESC, seen.day
    LIMIT 1
),
buyers AS (
    SELECT customer_id, count(*) AS orders FROM orders_to_date GROUP BY customer_id
),
ranked AS (
    SELECT
        amount_minor,
        row_number() OVER (ORDER BY amount_minor) AS place,
        count(*) OVER () AS orders
    FROM orders_to_date
),
amounts AS (
    SELECT
        count(*) AS orders,
        min(CASE WHEN place * 2 >= orders THEN amount_minor END) AS middle_minor,
        CAST(sum(CASE WHEN amount_minor % 100 = 0 THEN 1 ELSE 0 END) AS BIGINT) AS round_orders
    FROM ranked
)
SELECT
    amounts.orders,
    (SELECT count(*) FROM buyers) AS customers,
    (SELECT max(orders) FROM buyers) AS largest_orders,
    amounts.middle_minor,
    amounts.round_orders,
    empty.empty_days,
    empty.first_empty_day,
    (SELECT day FROM jumps) AS jump_day,
    (SELECT orders FROM jumps) AS jump_orders,
    (SELECT other_orders FROM jumps) AS jump_other_orders,
    (SELECT other_days FROM jumps) AS jump_other_days
FROM amounts CROSS JOIN empty
