-- One row per customer who has bought up to a day: which messages the customer allows, as the last
-- export of customers says. Consent has no history, so it is taken as it stands, whatever the day.
SELECT
    customers.customer_id,
    customers.email_optin,
    customers.line_optin,
    customers.sms_optin
FROM customers INNER JOIN customer_keys ON customers.customer_id = customer_keys.customer_id
WHERE EXISTS (
    SELECT 1
    FROM customer_day
    WHERE customer_day.customer_no = customer_keys.customer_no AND customer_day.day <= $as_of
)
ORDER BY customers.customer_id
