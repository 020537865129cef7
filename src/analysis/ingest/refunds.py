"""Money that goes back: told from sales, and dated.

Refunds come in four ways: as rows of their own with a negative amount (a credit note has a number
of its own), as negative lines, as a column of the order, or packed into one of its cells.
`settle_refunds` takes them from the orders that they belong to.
"""

from analysis.engine import Workbench
from analysis.ingest.cells import Cells
from analysis.ingest.layouts import Layout
from analysis.ingest.packed_lines import SPLIT_ANYWHERE

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
    WHEN ordered_at IS NULL AND content IS NOT NULL THEN 'order date is missing or no date'
    WHEN ordered_at > $now THEN 'order date is in the future'
    WHEN ordered_at < $earliest THEN 'order date is too early to be true'
    WHEN currency IS NOT NULL AND upper(currency) <> $currency THEN 'currency is not the shop''s'
    WHEN customer_shortened AND customer_number IS NULL
        THEN 'customer number was shortened by a spreadsheet'
END WHERE is_refund AND (amount IS NOT NULL OR is_line)
"""

_TAKE_AMOUNTS = """
INSERT INTO refund_rows
SELECT $source_no, $origin, true, order_id, false, min(customer_number), min(email_key),
    min(phone_key), ordered_at, CAST(round(-amount * $minor_units) AS BIGINT), min(row_no)
FROM staged WHERE is_refund AND row_reason IS NULL AND amount < 0
GROUP BY order_id, ordered_at, amount
"""
# What a credit note says besides its lines is its own; within an order, it is the order's.
_TAKE_LINES = """
INSERT INTO refund_rows
SELECT $source_no, $origin, true, order_id, false, min(customer_number), min(email_key),
    min(phone_key), min(ordered_at), CAST(round(-total * $minor_units) AS BIGINT), min(row_no)
FROM (
    SELECT *, sum(line_amount + line_extra) OVER parts
        + CASE WHEN sold.order_id IS NULL THEN coalesce(min(amount) OVER parts, 0) ELSE 0 END
        AS total
    FROM staged LEFT JOIN (SELECT DISTINCT order_id FROM staged WHERE NOT is_refund
        AND row_reason IS NULL) AS sold USING (order_id)
    WHERE is_refund AND row_reason IS NULL AND line_amount IS NOT NULL
    WINDOW parts AS (PARTITION BY staged.order_id, CAST(ordered_at AS DATE)))
WHERE total < 0
GROUP BY order_id, CAST(ordered_at AS DATE), total
"""

_PACKED = """
CREATE TABLE packed_refunds AS
FROM (
    SELECT order_id, unnest({split}) AS item
    FROM (SELECT order_id, min(refunds) AS cell FROM staged
        WHERE refunds IS NOT NULL AND row_reason IS NULL AND order_id IS NOT NULL
        GROUP BY order_id))
WHERE regexp_matches(item, '[1-9]')
"""
_DATED = """
CREATE TABLE order_refunds AS
SELECT order_id, {moment} AS refunded_at, abs({amount}) AS amount FROM packed_refunds
"""
# What cannot be read may have gone back, too.
_UNREAD = """
UPDATE judged SET unread = true
WHERE order_id IN (SELECT order_id FROM order_refunds WHERE amount IS NULL);
DELETE FROM order_refunds WHERE coalesce(amount, 0) = 0
"""
# A day that cannot be true is none.
_NO_SUCH_DAY = """
UPDATE {table} SET refunded_at = NULL WHERE refunded_at > $now OR refunded_at < $earliest
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
SELECT order_id, refunded_at, refund - coalesce(dated, 0) FROM judged LEFT JOIN (
    SELECT order_id, sum(amount) AS dated FROM order_refunds GROUP BY order_id) USING (order_id)
WHERE refund > coalesce(dated, 0) AND refunded_at IS NOT NULL
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
        connection.execute(_PACKED.format(split=SPLIT_ANYWHERE))
        amount = cells.keyed("item", ("amount",))
        day = cells.keyed("item", ("date",))
        title = f"amount within {layout.refunds[0]}"
        number = cells.number(amount, of="packed_refunds", title=title)
        moment = cells.moment_in(day, of="packed_refunds", title=f"date within {layout.refunds[0]}")
        statement = _DATED.format(moment=moment, amount=number)
        connection.execute(statement, cells.used(statement))
        connection.execute("DROP TABLE packed_refunds")
        connection.execute(_UNREAD)
    else:
        connection.execute(_NONE_DATED)
    for table in ("judged", "order_refunds"):
        _execute(connection, _NO_SUCH_DAY.format(table=table), settings)
    connection.execute(_UNDATED)
    connection.execute(_OF_COLUMN)
    _execute(connection, _TAKE_OF_VERSIONS, settings)


def _execute(connection: Workbench, statement: str, settings: dict[str, object]) -> None:
    used = {name: value for name, value in settings.items() if f"${name}" in statement}
    connection.execute(statement, used)
