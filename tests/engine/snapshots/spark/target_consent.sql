SELECT
  customers.customer_id,
  customers.email_optin,
  customers.line_optin,
  customers.sms_optin
FROM customers
WHERE
  EXISTS(
    SELECT
      1
    FROM customer_day
    WHERE
      customer_day.customer_id = customers.customer_id AND customer_day.day <= :as_of
  )
ORDER BY
  customers.customer_id NULLS LAST
