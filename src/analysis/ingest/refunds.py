"""Money that goes back: told from sales, dated, and taken from the orders that it belongs to.

Refunds come in four ways: as rows of their own with a negative amount (a credit note has a number
of its own), as negative lines, as a column of the order, or packed into one of its cells. What has
no day is taken from its order's amount for all days; what has one stands in `refunds`.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from analysis.engine import Workbench
from analysis.ingest.cells import Cells
from analysis.ingest.layouts import Layout

PREPARE = """
CREATE TABLE refund_rows (
    source_no INTEGER, origin VARCHAR, incoming BOOLEAN, ref VARCHAR, of_version BOOLEAN,
    customer_number VARCHAR, email_key VARCHAR, phone_key VARCHAR, refunded_at TIMESTAMP,
    amount_minor BIGINT, place BIGINT);
"""

_ANY_NEGATIVE = "SELECT count(*) FROM staged WHERE amount < 0 OR line_amount < 0"

# A number of which every amount is negative is a credit note, with all its rows.
_NEGATIVE_AMOUNTS = """
UPDATE staged SET is_refund = true WHERE row_reason IS NULL AND (amount < 0 OR order_id IN (
    SELECT order_id FROM staged WHERE row_reason IS NULL GROUP BY order_id HAVING max(amount) < 0))
"""
# On the day of the order a negative line is a discount; later, or alone, it is money going back.
_NEGATIVE_LINES = """
UPDATE staged SET is_refund = true FROM (
    SELECT order_id, min(CAST(ordered_at AS DATE)) FILTER (line_amount > 0) AS first_day
    FROM staged WHERE row_reason IS NULL GROUP BY order_id
    HAVING bool_or(line_amount < 0)) AS negative
WHERE staged.order_id = negative.order_id AND row_reason IS NULL
    AND (first_day IS NULL OR (line_amount < 0 AND CAST(ordered_at AS DATE) > first_day))
"""

_REASONS = """
UPDATE staged SET row_reason = CASE
    WHEN dropped IS NOT NULL THEN dropped
    WHEN ordered_at IS NULL THEN 'order date is missing or no date'
    WHEN ordered_at > $now THEN 'order date is in the future'
    WHEN ordered_at < $earliest THEN 'order date is too early to be true'
    WHEN currency IS NOT NULL AND upper(currency) <> $currency THEN 'currency is not the shop''s'
    WHEN coalesce(customer_number, email_key, phone_key) IS NULL AND order_id NOT IN (
        SELECT order_id FROM staged WHERE order_id IS NOT NULL AND NOT is_refund)
        THEN 'no customer'
END WHERE is_refund AND (amount IS NOT NULL OR is_line)
"""

_TAKE_AMOUNTS = """
INSERT INTO refund_rows
SELECT $source_no, $origin, true, order_id, false, min(customer_number), min(email_key),
    min(phone_key), ordered_at, CAST(round(-amount * $minor_units) AS BIGINT), min(row_no)
FROM staged WHERE is_refund AND row_reason IS NULL AND amount < 0
GROUP BY order_id, ordered_at, amount
"""
_TAKE_LINES = """
INSERT INTO refund_rows
SELECT $source_no, $origin, true, order_id, false, min(customer_number), min(email_key),
    min(phone_key), min(ordered_at),
    CAST(round(-sum(line_amount + line_extra) * $minor_units) AS BIGINT), min(row_no)
FROM staged WHERE is_refund AND row_reason IS NULL AND line_amount IS NOT NULL
GROUP BY order_id, CAST(ordered_at AS DATE) HAVING sum(line_amount + line_extra) < 0
"""

_PACKED = """
CREATE TABLE packed_refunds AS
SELECT order_id, unnest(string_split(cell, ';')) AS item
FROM (SELECT order_id, min(refunds) AS cell FROM staged
    WHERE refunds IS NOT NULL AND row_reason IS NULL AND order_id IS NOT NULL GROUP BY order_id)
"""
_DATED = """
CREATE TABLE order_refunds AS
SELECT order_id, {moment} AS refunded_at, abs({amount}) AS amount
FROM packed_refunds WHERE coalesce({amount}, 0) <> 0
"""
_NONE_DATED = """
CREATE TABLE order_refunds AS
SELECT CAST(NULL AS VARCHAR) AS order_id, CAST(NULL AS TIMESTAMP) AS refunded_at,
    CAST(NULL AS DECIMAL(18, 4)) AS amount WHERE false
"""
# What a packed cell does not date is part of what the order says was paid back in all.
_UNDATED = """
UPDATE judged SET refund = greatest(coalesce(refund, 0), packed.amount) FROM (
    SELECT order_id, sum(amount) AS amount FROM order_refunds GROUP BY order_id) AS packed
WHERE judged.order_id = packed.order_id;
DELETE FROM order_refunds WHERE refunded_at IS NULL
"""
_OF_COLUMN = """
INSERT INTO order_refunds
SELECT order_id, refunded_at, refund FROM judged
WHERE refund > 0 AND refunded_at IS NOT NULL
    AND order_id NOT IN (SELECT order_id FROM order_refunds)
"""
_TAKE_OF_VERSIONS = """
INSERT INTO refund_rows
SELECT $source_no, $origin, true, order_id, true, NULL, NULL, NULL, refunded_at,
    CAST(round(amount * $minor_units) AS BIGINT), row_number() OVER ()
FROM order_refunds
"""


def take_refund_rows(connection: Workbench, settings: dict[str, object], *, by_lines: bool) -> None:
    """Tell rows of `staged` that are money going back, and put what they say into `refund_rows`."""
    connection.execute("ALTER TABLE staged ADD COLUMN is_refund BOOLEAN DEFAULT false")
    if not connection.execute(_ANY_NEGATIVE).fetchall()[0][0]:
        return
    connection.execute(_NEGATIVE_LINES if by_lines else _NEGATIVE_AMOUNTS)
    for statement in (_REASONS, _TAKE_LINES if by_lines else _TAKE_AMOUNTS):
        _execute(connection, statement, settings)


def take_version_refunds(
    connection: Workbench, cells: Cells, layout: Layout, settings: dict[str, object]
) -> None:
    """Make `order_refunds` of what orders say was paid back and when, and record it."""
    if cells.has(layout.refunds):
        connection.execute(_PACKED)
        amount = cells.keyed("item", ("amount",))
        day = cells.keyed("item", ("date",))
        title = f"amount within {layout.refunds[0]}"
        number = cells.number(amount, of="packed_refunds", title=title)
        moment = cells.moment_in(day, of="packed_refunds", title=f"date within {layout.refunds[0]}")
        statement = _DATED.format(moment=moment, amount=number)
        connection.execute(statement, cells.used(statement))
        connection.execute("DROP TABLE packed_refunds")
    else:
        connection.execute(_NONE_DATED)
    connection.execute(_UNDATED)
    connection.execute(_OF_COLUMN)
    _execute(connection, _TAKE_OF_VERSIONS, settings)


def _execute(connection: Workbench, statement: str, settings: dict[str, object]) -> None:
    used = {name: value for name, value in settings.items() if f"${name}" in statement}
    connection.execute(statement, used)


# A refund that several files tell is one: of the same number, moment and amount, the n-th.
_SETTLED = """
CREATE TABLE settled_refunds AS
WITH counting AS (
    SELECT refund_rows.*, row_number() OVER (
        PARTITION BY source_no, origin, ref, refunded_at, amount_minor ORDER BY place) AS nth
    FROM refund_rows
    WHERE NOT of_version OR (source_no, origin, ref) IN (
        SELECT (source_no, origin, order_id) FROM kept_orders WHERE reason IS NULL)
),
-- What goes back of an order that does not count is in no number.
counting_orders AS (
    SELECT * FROM counting
    WHERE ref NOT IN (SELECT order_id FROM kept_orders WHERE reason IS NOT NULL)
),
once AS (
    SELECT * FROM counting_orders QUALIFY row_number() OVER (
        PARTITION BY ref, refunded_at, amount_minor, nth
        ORDER BY of_version DESC, incoming DESC, source_no DESC, origin) = 1
)
SELECT
    CASE WHEN orders.order_id IS NOT NULL THEN ref END AS order_id,
    coalesce(orders.customer_id, {customer}) AS customer_id,
    once.refunded_at, once.amount_minor, once.ref, once.nth
FROM once LEFT JOIN orders ON orders.order_id = once.ref
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
_BUYERS_ORDERS = """
SELECT customer_id, order_id, ordered_at, amount_minor FROM orders
WHERE customer_id IN (SELECT customer_id FROM settled_refunds WHERE order_id IS NULL)
ORDER BY ordered_at, order_id
"""
_UNTIED = """
SELECT customer_id, refunded_at, amount_minor FROM settled_refunds
WHERE order_id IS NULL ORDER BY refunded_at, ref, nth
"""
# More than was paid cannot go back to an order: the rest has none.
_REFUNDS = """
CREATE TABLE refunds AS
WITH tied AS (
    SELECT order_id, customer_id, refunded_at, amount_minor,
        CAST(sum(amount_minor) OVER (PARTITION BY order_id ORDER BY refunded_at, nth, ref
            ROWS UNBOUNDED PRECEDING) AS BIGINT) AS until_now
    FROM settled_refunds WHERE order_id IS NOT NULL
),
capped AS (
    SELECT tied.*, least(tied.amount_minor,
        greatest(orders.amount_minor - (until_now - tied.amount_minor), 0)) AS covered
    FROM tied JOIN orders USING (order_id)
),
every AS (
    SELECT order_id, customer_id, refunded_at, CAST(covered AS BIGINT) AS amount_minor
    FROM capped WHERE covered > 0
    UNION ALL
    SELECT NULL, customer_id, refunded_at, CAST(amount_minor - covered AS BIGINT)
    FROM capped WHERE amount_minor > covered
    UNION ALL
    SELECT order_id, customer_id, refunded_at, amount_minor FROM placed_refunds
)
SELECT order_id, customer_id, refunded_at, amount_minor FROM every
WHERE customer_id IS NOT NULL
ORDER BY refunded_at, order_id, customer_id, amount_minor
"""
_NET = """
UPDATE orders SET amount_minor = amount_minor - back FROM (
    SELECT order_id, CAST(sum(amount_minor) AS BIGINT) AS back FROM refunds GROUP BY order_id
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
    that can bear it: the one of the same amount first. What no order bears has none.

    Args:
        connection: Where `orders`, `kept_orders` and `refund_rows` are.
        customer: Expression of the customer of a row of `refund_rows`.

    Returns:
        How many refunds had to be placed so.
    """
    connection.execute(_KEPT)
    connection.execute(_SETTLED.format(customer=customer))
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
    refunds: list[tuple[str, Any, int]], orders: list[tuple[str, str, Any, int]]
) -> Iterator[Placed]:
    """Place refunds of unknown order, oldest first, on the customer's orders before them.

    Args:
        refunds: Customer, moment and amount, in the order of their moments.
        orders: Customer, order, moment and amount, in the order of their moments.

    >>> bought = [("c", "1", 1, 50), ("c", "2", 2, 30)]
    >>> [(one.order_id, one.amount_minor) for one in place_refunds([("c", 3, 50)], bought)]
    [('1', 50)]
    >>> [(one.order_id, one.amount_minor) for one in place_refunds([("c", 3, 90)], bought)]
    [('2', 30), ('1', 50), (None, 10)]
    """
    left: dict[str, list[list[Any]]] = defaultdict(list)
    for customer, order, moment, amount in orders:
        left[customer].append([order, moment, amount])
    for customer, moment, amount in refunds:
        before = [one for one in reversed(left[customer]) if one[1] <= moment and one[2] > 0]
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
