-- One row on what a person should look at before trusting the orders: volume by day, amounts,
-- and the customer with the most orders. A jump is a day with more than five times the orders of
-- the median day of its month, and thirty at least.
WITH orders_to_date AS (
    SELECT customer_id, CAST(ordered_at AS DATE) AS day, amount_minor
    FROM orders
    WHERE CAST(ordered_at AS DATE) <= CAST($as_of AS DATE)
),
seen AS (
    SELECT day, count(*) AS orders FROM orders_to_date GROUP BY day
),
calendar AS (
    SELECT CAST(day AS DATE) AS day
    FROM generate_series(
        (SELECT min(day) FROM seen), (SELECT max(day) FROM seen), INTERVAL 1 DAY
    ) AS days (day)
),
empty AS (
    SELECT count(*) AS empty_days, min(day) AS first_empty_day
    FROM calendar
    WHERE day NOT IN (SELECT day FROM seen)
),
months AS (
    SELECT date_trunc('month', day) AS month, median(orders) AS usual FROM seen GROUP BY month
),
jumps AS (
    SELECT day, orders, usual
    FROM seen JOIN months ON date_trunc('month', seen.day) = months.month
    WHERE orders > 5 * usual AND orders >= 30
    ORDER BY orders DESC, day
    LIMIT 1
),
buyers AS (
    SELECT customer_id, count(*) AS orders FROM orders_to_date GROUP BY customer_id
),
amounts AS (
    SELECT
        count(*) AS orders,
        CAST(median(amount_minor) AS BIGINT) AS median_minor,
        avg(CASE WHEN amount_minor % 100 = 0 THEN 1 ELSE 0 END) AS round_share
    FROM orders_to_date
)
SELECT
    amounts.orders,
    (SELECT count(*) FROM buyers) AS customers,
    (SELECT max(orders) FROM buyers) / amounts.orders AS largest_share,
    amounts.median_minor,
    amounts.round_share,
    empty.empty_days,
    empty.first_empty_day,
    (SELECT day FROM jumps) AS jump_day,
    (SELECT orders FROM jumps) AS jump_orders,
    (SELECT usual FROM jumps) AS jump_usual
FROM amounts, empty
