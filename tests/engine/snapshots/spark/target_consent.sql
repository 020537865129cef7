SELECT
  customers.customer_id,
  customers.email_optin,
  customers.line_optin,
  customers.sms_optin
FROM customers
INNER JOIN customer_keys
  ON customers.customer_id = customer_keys.customer_id
WHERE
  EXISTS(
    SELECT
      1
    FROM customer_day
    WHERE
      customer_day.customer_no = customer_keys.customer_no
      AND customer_day.day <= :as_of
  )
ORDER BY
  customers.customer_id NULLS LAST
