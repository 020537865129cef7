"""Money that goes back, put together: each refund once, tied to its order, taken from it.

What has no day is taken from its order's amount for all days; what has one stands in `refunds`.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from analysis.engine import Workbench

# A refund that several files tell is one: of the same number, day and amount, the n-th. Some files
# tell the time of day, others do not.
_SETTLED = """
CREATE TABLE settled_refunds AS
WITH named AS (
    SELECT refund_rows.*, CAST(refunded_at AS DATE) AS day,
        CASE WHEN ref IS NULL THEN coalesce(customer_number, email_key, phone_key) END AS whose
    FROM refund_rows
    WHERE NOT of_version OR (source_no, origin, ref) IN (
        SELECT (source_no, origin, order_id) FROM kept_orders WHERE reason IS NULL)
),
counting AS (
    SELECT named.*, row_number() OVER (
        PARTITION BY source_no, origin, ref, whose, day, amount_minor ORDER BY place) AS nth
    FROM named
),
-- What goes back of an order that does not count is in no number.
counting_orders AS (
    SELECT counting.* FROM counting
    ANTI JOIN (FROM kept_orders WHERE reason IS NOT NULL) AS left_out
        ON left_out.order_id = counting.ref
),
once AS (
    SELECT * FROM counting_orders QUALIFY row_number() OVER (
        PARTITION BY ref, whose, day, amount_minor, nth
        ORDER BY of_version DESC, incoming DESC, source_no DESC, origin) = 1
)
SELECT
    once.source_no, once.incoming, once.of_version, orders.order_id,
    coalesce(orders.customer_id, {customer}) AS customer_id,
    once.refunded_at, once.day, once.amount_minor, once.ref, once.nth
FROM once LEFT JOIN orders ON orders.order_id = once.ref
"""
# Nobody knows whom they would be taken from, or when.
_LOST = """
CREATE TABLE lost_refunds AS
SELECT DISTINCT source_no, ref, 'a refund of no known order lacks customer or day' AS reason
FROM settled_refunds
WHERE order_id IS NULL AND (customer_id IS NULL OR refunded_at IS NULL) AND incoming;
DELETE FROM settled_refunds
WHERE order_id IS NULL AND (customer_id IS NULL OR refunded_at IS NULL)
"""
# What the next import has to know: refunds of orders of which no later export stands, and all that
# name no order, once.
_KEPT = """
CREATE TABLE kept_refund_rows AS
SELECT refund_rows.* FROM refund_rows
WHERE NOT of_version OR (source_no, origin, ref) IN (
    SELECT (source_no, origin, order_id) FROM kept_orders)
QUALIFY of_version OR row_number() OVER (
    PARTITION BY origin, ref, refunded_at, amount_minor, place ORDER BY source_no DESC) = 1
"""
# What an order's own file says was paid back in all holds what other rows tell one by one, up to
# the newest moment that the file knows of, or else where both are the same.
_TOLD_TWICE = """
CREATE TABLE told_twice AS
SELECT order_id, CAST(least(undated, CASE WHEN every = undated THEN every ELSE until_then END)
    AS BIGINT) AS amount_minor
FROM (
    SELECT order_id, any_value(gross_minor - kept_orders.amount_minor) AS undated,
        sum(settled_refunds.amount_minor) AS every,
        sum(settled_refunds.amount_minor) FILTER (
            coalesce(day <= CAST(horizon AS DATE), true)) AS until_then
    FROM settled_refunds JOIN kept_orders USING (order_id)
    WHERE NOT of_version GROUP BY order_id)
WHERE undated > 0 AND (until_then > 0 OR every = undated);
UPDATE orders SET amount_minor = orders.amount_minor + told_twice.amount_minor
FROM told_twice WHERE told_twice.order_id = orders.order_id
"""
# More than was paid cannot go back to an order: the rest has none.
_TIED = """
CREATE TABLE tied_refunds AS
SELECT tied.*, least(tied.amount_minor,
    greatest(orders.amount_minor - (until_now - tied.amount_minor), 0)) AS covered
FROM (
    SELECT order_id, customer_id, refunded_at, amount_minor,
        CAST(sum(amount_minor) OVER (
            PARTITION BY order_id ORDER BY refunded_at NULLS FIRST, amount_minor, nth
            ROWS UNBOUNDED PRECEDING) AS BIGINT) AS until_now
    FROM settled_refunds WHERE order_id IS NOT NULL
) AS tied JOIN orders USING (order_id)
"""
_BUYERS_ORDERS = """
SELECT customer_id, order_id, CAST(ordered_at AS DATE),
    amount_minor - coalesce(CAST(covered AS BIGINT), 0)
FROM orders LEFT JOIN (
    SELECT order_id, sum(covered) AS covered FROM tied_refunds GROUP BY order_id
) AS tied USING (order_id)
WHERE customer_id IN (SELECT customer_id FROM settled_refunds WHERE order_id IS NULL)
ORDER BY ordered_at, order_id
"""
_UNTIED = """
SELECT customer_id, day, refunded_at, amount_minor FROM settled_refunds
WHERE order_id IS NULL ORDER BY refunded_at, ref, amount_minor, nth
"""
_REFUNDS = """
CREATE TABLE refunds AS
SELECT order_id, customer_id, refunded_at, CAST(amount_minor AS BIGINT) AS amount_minor FROM (
    SELECT order_id, customer_id, refunded_at, covered AS amount_minor FROM tied_refunds
    UNION ALL
    SELECT NULL, customer_id, refunded_at, amount_minor - covered FROM tied_refunds
    UNION ALL
    SELECT order_id, customer_id, refunded_at, amount_minor FROM placed_refunds)
WHERE refunded_at IS NOT NULL AND amount_minor > 0
ORDER BY refunded_at, order_id, customer_id, amount_minor
"""
_NET = """
UPDATE orders SET amount_minor = amount_minor - back FROM (
    SELECT order_id, CAST(sum(amount_minor) AS BIGINT) AS back FROM (
        SELECT order_id, covered AS amount_minor FROM tied_refunds
        UNION ALL
        SELECT order_id, amount_minor FROM placed_refunds WHERE order_id IS NOT NULL)
    GROUP BY order_id
) AS paid_back WHERE orders.order_id = paid_back.order_id
"""


class Placed(NamedTuple):
    """A refund, or a part of it, and the order that it is taken from, if any."""

    order_id: str | None
    customer_id: str
    refunded_at: Any
    amount_minor: int


def settle_refunds(connection: Workbench, *, customer: str) -> int:
    """Make the table `refunds`, and take from `orders` what went back of them.

    A refund that names no order of the shop is taken from the customer's latest order before it
    that can bear it: the one of the same amount first. What no order bears has none. A refund that
    names neither an order of the shop nor a customer, or neither an order nor a day, is in
    `lost_refunds`.

    Args:
        connection: Where `orders`, `kept_orders` and `refund_rows` are.
        customer: Expression of the customer of a row of `refund_rows`.

    Returns:
        How many refunds had to be placed so.
    """
    for statement in (_KEPT, _SETTLED.format(customer=customer), _LOST, _TOLD_TWICE, _TIED):
        connection.execute(statement)
    untied = connection.execute(_UNTIED).fetchall()
    placed = list(place_refunds(untied, connection.execute(_BUYERS_ORDERS).fetchall()))
    connection.execute(
        "CREATE TABLE placed_refunds (order_id VARCHAR, customer_id VARCHAR, "
        "refunded_at TIMESTAMP, amount_minor BIGINT)"
    )
    if placed:
        columns = [list(values) for values in zip(*placed, strict=True)]
        connection.execute(
            "INSERT INTO placed_refunds SELECT unnest(CAST($orders AS VARCHAR[])), "
            "unnest(CAST($customers AS VARCHAR[])), unnest(CAST($moments AS TIMESTAMP[])), "
            "unnest(CAST($amounts AS BIGINT[]))",
            dict(zip(("orders", "customers", "moments", "amounts"), columns, strict=True)),
        )
    connection.execute(_REFUNDS)
    connection.execute(_NET)
    return len(untied)


def place_refunds(
    refunds: list[tuple[str, date, Any, int]], orders: list[tuple[str, str, date, int]]
) -> Iterator[Placed]:
    """Place refunds of unknown order, oldest first, on the customer's orders until that day.

    Args:
        refunds: Customer, day, moment and amount, in the order of their moments.
        orders: Customer, order, day and what is left of its amount, in the order of their days.

    >>> may, june = date(2024, 5, 2), date(2024, 6, 1)
    >>> bought = [("c", "1", may, 50), ("c", "2", may, 30)]
    >>> [place[::3] for place in place_refunds([("c", june, june, 50)], bought)]
    [('1', 50)]
    >>> [place[::3] for place in place_refunds([("c", june, june, 90)], bought)]
    [('2', 30), ('1', 50), (None, 10)]
    """
    left: dict[str, list[list[Any]]] = defaultdict(list)
    for customer, order, day, amount in orders:
        left[customer].append([order, day, amount])
    for customer, day, moment, amount in refunds:
        before = [one for one in reversed(left[customer]) if one[1] <= day and one[2] > 0]
        same = next((one for one in before if one[2] == amount), None)
        able = same or next((one for one in before if one[2] >= amount), None)
        rest = amount
        for one in [able] if able else before:
            taken = min(rest, one[2])
            one[2] -= taken
            rest -= taken
            yield Placed(one[0], customer, moment, taken)
            if not rest:
                break
        if rest:
            yield Placed(None, customer, moment, rest)
