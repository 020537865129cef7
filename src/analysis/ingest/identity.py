"""Who a customer is: the shop's number, or else the address, or else the telephone.

An order that tells two of them says that they are one person, from then on in all orders. An
address that came with several numbers joins none: a family, or a counter that types its own.
"""

from analysis.engine import Workbench

# The name of whoever a row of versions or refunds is of, given the table `links`.
CUSTOMER = """coalesce({0}.customer_number,
    (SELECT customer_id FROM links WHERE key = {0}.email_key), {0}.email_key,
    (SELECT customer_id FROM links WHERE key = {0}.phone_key), {0}.phone_key)"""

_LINKS = """
CREATE TABLE links AS
WITH seen AS (
    SELECT customer_number, email_key, phone_key FROM kept_orders
    WHERE customer_number IS NOT NULL OR phone_key IS NOT NULL
    UNION ALL
    SELECT customer_number, email_key, phone_key FROM customer_versions
    WHERE customer_number IS NOT NULL OR phone_key IS NOT NULL
    UNION ALL
    SELECT customer_number, email_key, phone_key FROM refund_rows
    WHERE customer_number IS NOT NULL OR phone_key IS NOT NULL
),
by_email AS (
    SELECT email_key AS key, min(customer_number) AS customer_id FROM seen
    WHERE email_key IS NOT NULL AND customer_number IS NOT NULL
    GROUP BY email_key HAVING min(customer_number) = max(customer_number)
),
phones AS (
    SELECT phone_key AS key, coalesce(customer_number, customer_id, email_key) AS customer_id
    FROM seen LEFT JOIN by_email ON seen.email_key = by_email.key
    WHERE phone_key IS NOT NULL
)
SELECT key, customer_id FROM by_email
UNION ALL
SELECT key, min(customer_id) FROM phones WHERE customer_id IS NOT NULL
GROUP BY key HAVING min(customer_id) = max(customer_id)
"""

_COUNTS = """
SELECT
    count(DISTINCT who) FILTER (rule = 'number'),
    count(DISTINCT who) FILTER (rule = 'e-mail'),
    count(DISTINCT who) FILTER (rule = 'telephone'),
    count(DISTINCT joined)
FROM (
    -- Whole numbers are counted in half the time of texts.
    SELECT hash(orders.customer_id) AS who,
        CASE WHEN customer_number IS NOT NULL OR length(orders.customer_id) < 64 THEN 'number'
            WHEN email_key IS NOT NULL THEN 'e-mail' ELSE 'telephone' END AS rule,
        CASE WHEN customer_number IS NULL
            AND orders.customer_id <> coalesce(email_key, phone_key)
            THEN coalesce(email_key, phone_key) END AS joined
    FROM orders JOIN kept_orders USING (order_id))
"""


def link_customers(connection: Workbench) -> None:
    """Make `links`: digest of an address or telephone to the name of the person that it is of."""
    connection.execute(_LINKS)


def counted(connection: Workbench) -> str:
    """Say how many customers each rule tells apart, and how many it joined."""
    number, email, phone, joined = connection.execute(_COUNTS).fetchall()[0]
    parts = [
        f"{count:,} by {rule}"
        for count, rule in ((number, "number"), (email, "e-mail"), (phone, "telephone"))
        if count
    ]
    also = f"; {joined:,} addresses or telephones joined a known customer" if joined else ""
    return f"customers: {', '.join(parts) or 'none'}{also}"
