"""Orders of an export file: every row read once, every order judged by stated rules.

Within a file, all rows of one number are one order, wherever they stand. What is the order's own
the file tells: a cell that all its rows share, or that only one of them holds. The same order may
come in several files; which export of it counts is decided in `merge`.
"""

from analysis.engine import Workbench
from analysis.errors import ParameterError
from analysis.ingest.cells import Cells
from analysis.ingest.layouts import Layout
from analysis.ingest.line_kinds import AMONG_GOODS, NO_REVENUE
from analysis.ingest.packed_lines import is_packed, unpack
from analysis.ingest.phones import add_phone_keys
from analysis.ingest.refunds import take_refund_rows, take_version_refunds
from analysis.ingest.stage_orders import staging

PREPARE = """
CREATE TABLE versions (
    source_no INTEGER, order_id VARCHAR, incoming BOOLEAN, origin VARCHAR,
    reason VARCHAR, state VARCHAR, moment TIMESTAMP, settled INTEGER, refund_minor BIGINT,
    horizon TIMESTAMP, content VARCHAR, customer_number VARCHAR, email_key VARCHAR,
    phone_key VARCHAR, ordered_at TIMESTAMP, gross_minor BIGINT, amount_minor BIGINT,
    purchase_type VARCHAR, subscription_id VARCHAR, subscription_order_no BIGINT,
    source VARCHAR, coupon_code VARCHAR, discount_minor BIGINT, channel VARCHAR);
CREATE TABLE lines (
    source_no INTEGER, order_id VARCHAR, row_no BIGINT, product_id VARCHAR,
    product_name VARCHAR, quantity DECIMAL(18, 3), amount_minor BIGINT);
CREATE TABLE order_rows (
    source_no INTEGER, row_no BIGINT, order_id VARCHAR, reason VARCHAR, content VARCHAR);
"""

_REPEATED_ROWS = """
UPDATE staged SET row_reason = 'duplicate of an earlier row' WHERE row_no IN (
    SELECT row_no FROM staged WHERE line_id IS NOT NULL AND row_reason IS NULL
    QUALIFY row_number() OVER (PARTITION BY order_id, line_id ORDER BY row_no) > 1)
"""

# The time of day may stand on one row of an order, as anything of its own may.
_TIMES = """
UPDATE staged SET ordered_at = date_trunc('day', ordered_at) + clocks.clock FROM (
    SELECT order_id, min(clock) AS clock FROM staged
    WHERE clock IS NOT NULL AND order_id IS NOT NULL GROUP BY order_id
) AS clocks WHERE staged.order_id = clocks.order_id
"""

# A row may have a state of its own, such as a cancelled one among the pieces of an order that is
# the sum of its lines.
_ROWS_LEFT_OUT = """
UPDATE staged SET row_reason = dropped WHERE dropped IS NOT NULL AND row_reason IS NULL
    AND order_id IN (
        SELECT order_id FROM staged WHERE row_reason IS NULL GROUP BY order_id
        HAVING bool_or(tells_state AND dropped IS NULL) AND bool_or(dropped IS NOT NULL))
"""

_PASSED_OVER = """
CREATE OR REPLACE TABLE broken AS
SELECT line AS row_no, bool_or(error_type = 'LINE SIZE OVER MAXIMUM') AS too_long
FROM reject_errors GROUP BY line;
CREATE OR REPLACE TABLE passed_over AS
SELECT before, max(passed) AS passed FROM (
    SELECT row_number() OVER (ORDER BY row_no) AS passed, row_no - 1 - passed AS before
    FROM (SELECT row_no FROM broken UNION SELECT row_no FROM blank))
GROUP BY before
"""

_SHIFT = """
UPDATE {table} SET row_no = shifted.row_no FROM (
    SELECT rows.row_no AS place, rows.row_no + passed AS row_no
    FROM {table} AS rows ASOF JOIN passed_over ON rows.row_no - 1 > passed_over.before
) AS shifted WHERE {table}.row_no = shifted.place
"""

_ORDERS = """
CREATE TABLE judged AS
SELECT
    order_id,
    min(dropped) AS dropped, min(state) AS state,
    bool_or(has_state) AS has_state, bool_or(tells_state AND dropped IS NULL) AS accepting,
    max(moment) AS moment,
    min(customer_number) AS customer_number, min(email_key) AS email_key,
    min(phone_key) AS phone_key, bool_or(customer_shortened) AS customer_shortened,
    bool_or(product_shortened) AS product_shortened,
    -- Whole numbers are compared sooner than texts.
    min(hash(customer_number)) FILTER (customer_number IS NOT NULL)
        < max(hash(customer_number)) FILTER (customer_number IS NOT NULL) AS several_customers,
    min(ordered_at) AS ordered_at, min(currency) AS currency,
    min(amount) AS amount, max(amount) AS other_amount,
    max(refund) AS refund, max(refunded_at) AS refunded_at,
    min(goods) AS goods, coalesce(min(discount), 0) AS discount,
    max(purchase_type) AS purchase_type, max(subscription_id) AS subscription_id,
    max(subscription_order_no) AS subscription_order_no,
    max(source) AS source, max(coupon_code) AS coupon_code, max(channel) AS channel,
    count(*) AS rows_of_order,
    count(*) FILTER (sold) AS lines,
    count(*) FILTER (sold AND (line_amount IS NULL
        OR line_kind = 'goods' AND (product_id IS NULL OR quantity IS NULL)
        OR NOT $by_lines AND line_kind = 'goods' AND (quantity < 0 OR line_amount < 0)))
        AS bad_lines,
    coalesce(sum(line_amount) FILTER (sold AND line_kind IN {among_goods}), 0) AS line_amount,
    coalesce(sum(line_amount) FILTER (sold), 0) + sum(line_extra) AS all_lines,
    coalesce(sum(line_amount) FILTER (sold AND line_kind IN {no_revenue}), 0) AS no_revenue,
    max(abs(line_amount)) AS largest_line,
    coalesce(sum(abs(quantity)) FILTER (is_line), 0) AS pieces,
    sum(hash(product_id, quantity, line_amount)) FILTER (is_line) AS line_hash,
    bool_or(has_lines) AS has_lines, bool_or(order_unread OR line_unread) AS unread
-- A line of quantity 0 was taken out of its order, whatever price it still shows.
FROM (SELECT *, is_line AND quantity IS DISTINCT FROM 0 AS sold FROM staged)
WHERE row_reason IS NULL AND NOT is_refund
GROUP BY order_id
"""

_VERSIONS = """
INSERT INTO versions
WITH horizon AS (SELECT max(moment) AS horizon FROM staged WHERE moment <= $now),
orders AS (
    SELECT * REPLACE (
        CASE WHEN $by_lines THEN all_lines + coalesce(amount, 0) ELSE amount END - no_revenue
            AS amount,
        CASE WHEN $by_lines THEN all_lines + coalesce(other_amount, 0) ELSE other_amount END
            - no_revenue AS other_amount,
        coalesce(refund, 0) AS refund)
    FROM judged
),
paid_back AS (
    SELECT order_id, sum(amount) AS dated FROM order_refunds GROUP BY order_id
)
SELECT
    $source_no, order_id, true, $origin,
    CASE
        WHEN dropped IS NOT NULL AND accepting THEN 'rows of the order contradict each other'
        WHEN dropped IS NOT NULL THEN dropped
        WHEN NOT has_state THEN 'status is not known'
        WHEN customer_shortened AND customer_number IS NULL
            THEN 'customer number was shortened by a spreadsheet'
        WHEN product_shortened THEN 'product number was shortened by a spreadsheet'
        WHEN coalesce(customer_number, email_key, phone_key) IS NULL THEN 'no customer'
        WHEN ordered_at IS NULL THEN 'order date is missing or no date'
        WHEN ordered_at > $now THEN 'order date is in the future'
        WHEN ordered_at < $earliest THEN 'order date is too early to be true'
        WHEN currency IS NOT NULL AND upper(currency) <> $currency
            THEN 'currency is not the shop''s'
        WHEN unread THEN 'an amount of the order is no number'
        WHEN amount IS NULL OR ($by_lines AND lines = 0) THEN 'amount is missing or no number'
        WHEN several_customers OR amount <> other_amount
            THEN 'rows of the order contradict each other'
        WHEN bad_lines > 0 THEN 'a line lacks product, quantity or price'
        WHEN no_revenue > 0 AND amount <= 0 THEN 'only gift cards or deposits, no sale yet'
        WHEN NOT $by_lines AND amount * $minor_units <> floor(amount * $minor_units)
            THEN 'amount has more decimals than the currency'
        WHEN refund > 0 AND refunded_at IS NULL AND amount <= refund
            AND coalesce(dated, 0) < refund THEN 'refunded in full'
        WHEN amount <= 0 THEN 'amount is zero or negative'
        -- Discounts may lie on goods or on postage; every piece may be rounded by itself.
        WHEN has_lines AND lines > 0 AND goods IS NOT NULL AND (
            goods > line_amount + greatest(pieces, 1) / $minor_units
            OR goods < line_amount - abs(discount) - greatest(pieces, 1) / $minor_units)
            THEN 'order total does not match its lines'
    END AS reason,
    CASE WHEN dropped IS NOT NULL THEN state END,
    moment,
    -- What is unpaid may still be paid; what is cancelled or paid back stays so.
    CASE WHEN dropped = 'unpaid' THEN -1
        WHEN dropped IS NULL OR dropped = 'status is not known' THEN 0 ELSE 1 END,
    CAST(round(greatest(refund, coalesce(dated, 0)) * $minor_units) AS BIGINT), horizon,
    md5(concat_ws('|', dropped, customer_number, email_key, phone_key, ordered_at, amount, refund,
        purchase_type, subscription_id, subscription_order_no, source, coupon_code, discount,
        channel, line_hash)),
    customer_number, email_key, phone_key, ordered_at,
    try_cast(round(amount * $minor_units) AS BIGINT),
    -- Of what was paid back, that of unknown day is taken from the order here.
    try_cast(round((amount - CASE WHEN refunded_at IS NULL
        THEN greatest(refund - coalesce(dated, 0), 0) ELSE 0 END) * $minor_units) AS BIGINT),
    purchase_type, subscription_id, subscription_order_no, source, coupon_code,
    try_cast(abs(discount) * $minor_units AS BIGINT), channel
FROM orders LEFT JOIN paid_back USING (order_id), horizon
"""

_LINES = """
INSERT INTO lines
SELECT $source_no, order_id, row_no, product_id, coalesce(product_name, product_id),
    quantity, CAST(round(line_amount * $minor_units) AS BIGINT)
FROM staged
WHERE is_line AND line_kind = 'goods' AND row_reason IS NULL AND NOT is_refund
    AND quantity > 0 AND product_id IS NOT NULL AND line_amount >= 0
"""

_ROWS = """
INSERT INTO order_rows SELECT $source_no, row_no, order_id, row_reason, content FROM staged
"""

_CONTRADICTED = """
SELECT count(*) FILTER (amount <> other_amount), count(*),
    any_value((order_id, amount, other_amount)) FILTER (amount <> other_amount),
    count(*) FILTER (amount = other_amount AND lines > 1 AND all_lines > amount
        AND largest_line = amount)
FROM judged WHERE rows_of_order > 1 AND amount IS NOT NULL
"""


def judge_orders(
    connection: Workbench, cells: Cells, layout: Layout, settings: dict[str, object]
) -> None:
    """Read a file into `staged`, and add its orders, lines and rows to the tables of the import.

    Args:
        connection: Where the tables of `PREPARE` are.
        cells: The cells of the file.
        layout: How they are to be read.
        settings: `source_no`, `origin`, `now`, `earliest`, `currency`, `minor_units`, `region`
            and `key`.
    """
    statement = staging(cells, layout)
    connection.execute(statement, cells.used(statement))
    shift_rows(connection, "staged")
    if cells.has(layout.line_id):
        connection.execute(_REPEATED_ROWS)
    if cells.has(layout.ordered_time):
        connection.execute(_TIMES)
    by_lines = layout.by_lines()
    if by_lines and layout.status:
        connection.execute(_ROWS_LEFT_OUT)
    add_phone_keys(connection, "staged", key=settings["key"], region=settings["region"])
    take_refund_rows(connection, settings, by_lines=by_lines)
    _insert(connection, _ROWS, settings)
    if is_packed(cells, layout):
        unpack(connection, cells, layout, minor_units=settings["minor_units"])
    _insert(connection, _orders_of_rows(), {"by_lines": by_lines})
    if layout.is_described() and not by_lines:
        _refuse_amounts_of_lines(connection, cells, layout)
    take_version_refunds(connection, cells, layout, settings)
    _insert(connection, _VERSIONS, {**settings, "by_lines": by_lines})
    _insert(connection, _LINES, settings)
    for table in ("staged", "judged", "order_refunds", "cells"):
        connection.execute(f"DROP TABLE {table}")


def _orders_of_rows() -> str:
    # Names of this program, not of a file.
    return _ORDERS.format(among_goods=AMONG_GOODS, no_revenue=NO_REVENUE)


def _insert(connection: Workbench, statement: str, settings: dict[str, object]) -> None:
    used = {name: value for name, value in settings.items() if f"${name}" in statement}
    connection.execute(statement, used)


def _refuse_amounts_of_lines(connection: Workbench, cells: Cells, layout: Layout) -> None:
    """Refuse a column as an order's own that differs between the rows of orders.

    Raises:
        ParameterError: It belongs to lines.
    """
    several, orders, example, alike = connection.execute(_CONTRADICTED).fetchall()[0]
    if not orders or (several <= orders // 50 and alike < orders):
        return
    title = " + ".join("/".join(columns) for columns in layout.amount_plus)
    shown = (
        f"differs between the rows of one order ({example[0]}: {example[1]:f} and {example[2]:f})"
        if several
        else "is on each row the amount of its own line"
    )
    raise ParameterError(
        f"{title} of {cells.file_name} {shown}, so it is no order's total: say `amount: lines` and "
        f"name it under `line:` as price or amount, {cells.where}."
    )


def shift_rows(connection: Workbench, table: str) -> None:
    """Number the rows of a table as the file does, where some could not be parsed or are blank."""
    connection.execute(_PASSED_OVER)
    if connection.table("passed_over").limit(1).fetchall():
        connection.execute(_SHIFT.format(table=table))
