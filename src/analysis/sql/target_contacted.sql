-- One row per customer to whom a message was sent on the $quiet_days days up to a day: the day of
-- the last one.
SELECT customer_id, max(CAST(sent_at AS DATE)) AS sent_day
FROM contacts
WHERE CAST(sent_at AS DATE) <= $as_of
    AND date_diff('day', CAST(sent_at AS DATE), CAST($as_of AS DATE)) < $quiet_days
GROUP BY customer_id
ORDER BY customer_id
