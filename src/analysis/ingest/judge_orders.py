"""Orders of an export file: every row read once, every order judged by stated rules.

An order is judged as a whole, with all its rows. The same order may come several times; which
export of it counts is decided in `merge`.
"""

import re

from analysis.engine import Workbench
from analysis.ingest.cells import Cells
from analysis.ingest.layouts import Layout, Line, Status, Subscription
from analysis.ingest.packed_lines import is_packed, items, unpack

# The digits of a cell that could not be read become nines and its letters x: enough to see what
# is wrong with it, too little to hold an address or a telephone number.
_SHAPE = r"regexp_replace(regexp_replace({0}, '\d', '9', 'g'), '\p{{L}}', 'x', 'g')"

PREPARE = """
CREATE TABLE versions (
    source_no INTEGER, order_id VARCHAR, block BIGINT, incoming BOOLEAN, origin VARCHAR,
    reason VARCHAR, moment TIMESTAMP, settled INTEGER, refund_minor BIGINT, horizon TIMESTAMP,
    content VARCHAR, customer_id VARCHAR, ordered_at TIMESTAMP, amount_minor BIGINT,
    purchase_type VARCHAR, subscription_id VARCHAR, subscription_order_no BIGINT,
    source VARCHAR, coupon_code VARCHAR, discount_minor BIGINT, channel VARCHAR);
CREATE TABLE lines (
    source_no INTEGER, order_id VARCHAR, block BIGINT, row_no BIGINT, product_id VARCHAR,
    product_name VARCHAR, quantity BIGINT, amount_minor BIGINT);
CREATE TABLE order_rows (
    source_no INTEGER, row_no BIGINT, order_id VARCHAR, block BIGINT, reason VARCHAR,
    content VARCHAR);
"""

_NO_LINE = (
    "false AS is_line, CAST(NULL AS VARCHAR) AS product_id, CAST(NULL AS VARCHAR) AS product_name, "
    "CAST(NULL AS BIGINT) AS quantity, CAST(NULL AS DECIMAL(18, 4)) AS line_amount"
)

_BLOCKS = """
UPDATE staged SET block = numbered.block FROM (
    SELECT row_no, count(*) FILTER (head) OVER (PARTITION BY order_id ORDER BY row_no) AS block
    FROM staged WHERE order_id IN (
        SELECT order_id FROM staged GROUP BY order_id HAVING count(*) FILTER (head) > 1)
) AS numbered WHERE staged.row_no = numbered.row_no
"""

_REPEATED_ROWS = """
UPDATE staged SET row_reason = 'duplicate of an earlier row' WHERE row_no IN (
    SELECT row_no FROM staged WHERE line_id IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY order_id, line_id ORDER BY row_no) > 1)
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
UPDATE staged SET row_no = shifted.row_no FROM (
    SELECT staged.row_no AS place, staged.row_no + passed AS row_no
    FROM staged ASOF JOIN passed_over ON staged.row_no - 1 > passed_over.before
) AS shifted WHERE staged.row_no = shifted.place
"""

_VERSIONS = """
INSERT INTO versions
WITH horizon AS (SELECT max(moment) AS horizon FROM staged WHERE moment <= $now),
orders AS (
    SELECT
        order_id, block,
        min(dropped) AS dropped, max(moment) AS moment,
        min(customer_id) AS customer_id,
        -- Whole numbers are compared sooner than texts.
        min(hash(customer_id)) FILTER (customer_id IS NOT NULL)
            < max(hash(customer_id)) FILTER (customer_id IS NOT NULL) AS several_customers,
        min(ordered_at) AS ordered_at, min(currency) AS currency,
        min(amount) AS amount, max(amount) AS other_amount, min(refund) AS refund,
        min(goods) AS goods, coalesce(min(discount), 0) AS discount,
        max(purchase_type) AS purchase_type, max(subscription_id) AS subscription_id,
        max(subscription_order_no) AS subscription_order_no,
        max(source) AS source, max(coupon_code) AS coupon_code, max(channel) AS channel,
        count(*) FILTER (is_line) AS lines,
        count(*) FILTER (is_line AND (product_id IS NULL OR coalesce(quantity, 0) <= 0
            OR line_amount IS NULL OR line_amount < 0)) AS bad_lines,
        coalesce(sum(line_amount) FILTER (is_line), 0) AS line_amount,
        coalesce(sum(quantity) FILTER (is_line), 0) AS pieces,
        sum(hash(product_id, quantity, line_amount)) FILTER (is_line) AS line_hash,
        bool_or(has_lines) AS has_lines
    FROM staged
    WHERE row_reason IS NULL
    GROUP BY order_id, block
)
SELECT
    $source_no, order_id, block, true, $origin,
    CASE
        WHEN dropped IS NOT NULL THEN dropped
        WHEN customer_id IS NULL THEN 'no customer'
        WHEN ordered_at IS NULL THEN 'order date is missing or no date'
        WHEN ordered_at > $now THEN 'order date is in the future'
        WHEN currency IS NOT NULL AND upper(currency) <> $currency
            THEN 'currency is not the shop''s'
        WHEN amount IS NULL THEN 'amount is missing or no number'
        WHEN amount * $minor_units <> floor(amount * $minor_units)
            THEN 'amount has more decimals than the currency'
        WHEN refund > 0 AND amount <= 0 THEN 'refunded in full'
        WHEN amount <= 0 THEN 'amount is zero or negative'
        WHEN several_customers OR amount <> other_amount
            THEN 'rows of the order contradict each other'
        WHEN bad_lines > 0 THEN 'a line lacks product, quantity or price'
        -- Discounts may lie on goods or on postage; every piece may be rounded by itself.
        WHEN has_lines AND lines > 0 AND goods IS NOT NULL AND (
            goods > line_amount + pieces / $minor_units
            OR goods < line_amount - abs(discount) - pieces / $minor_units)
            THEN 'order total does not match its lines'
    END AS reason,
    moment,
    -- What is unpaid may still be paid; what is cancelled or paid back stays so.
    CASE WHEN dropped = 'unpaid' THEN -1
        WHEN dropped IS NULL OR dropped = 'status is not known' THEN 0 ELSE 1 END,
    CAST(coalesce(refund, 0) * $minor_units AS BIGINT), horizon,
    md5(concat_ws('|', dropped, customer_id, ordered_at, amount, purchase_type, subscription_id,
        subscription_order_no, source, coupon_code, discount, channel, line_hash)),
    customer_id, ordered_at, try_cast(amount * $minor_units AS BIGINT), purchase_type,
    subscription_id, subscription_order_no, source, coupon_code,
    try_cast(abs(discount) * $minor_units AS BIGINT), channel
FROM orders, horizon
WHERE order_id IS NOT NULL
"""

_LINES = """
INSERT INTO lines
SELECT $source_no, order_id, block, row_no, product_id, coalesce(product_name, product_id),
    quantity, CAST(round(line_amount * $minor_units) AS BIGINT)
FROM staged
WHERE is_line AND row_reason IS NULL AND order_id IS NOT NULL
    AND quantity > 0 AND product_id IS NOT NULL AND line_amount >= 0
"""

_ROWS = """
INSERT INTO order_rows
SELECT $source_no, row_no, order_id, block,
    CASE WHEN order_id IS NULL THEN coalesce(row_reason, 'no order number') ELSE row_reason END,
    content
FROM staged
"""


def judge_orders(
    connection: Workbench, cells: Cells, layout: Layout, settings: dict[str, object]
) -> None:
    """Read a file into `staged`, and add its orders, lines and rows to the tables of the import.

    Args:
        connection: Where the tables of `PREPARE` are.
        cells: The cells of the file.
        layout: How they are to be read.
        settings: `source_no`, `origin`, `now`, `currency` and `minor_units`.
    """
    statement = _stage(cells, layout)
    connection.execute(statement, cells.used(statement))
    shift_rows(connection)
    if layout.rows != "repeated":
        connection.execute(_BLOCKS)
    elif cells.has(layout.line_id):
        connection.execute(_REPEATED_ROWS)
    _insert(connection, _ROWS, settings, "source_no")
    if is_packed(layout):
        unpack(connection, cells, layout, minor_units=settings["minor_units"])
    _insert(
        connection, _VERSIONS, settings, "source_no", "origin", "now", "currency", "minor_units"
    )
    _insert(connection, _LINES, settings, "source_no", "minor_units")
    connection.execute("DROP TABLE staged")


def _insert(
    connection: Workbench, statement: str, settings: dict[str, object], *names: str
) -> None:
    connection.execute(statement, {name: settings[name] for name in names})


def shift_rows(connection: Workbench) -> None:
    """Number the rows of `staged` as the file does, where some could not be parsed or are blank."""
    connection.execute(_PASSED_OVER)
    if connection.table("passed_over").limit(1).fetchall():
        connection.execute(_SHIFT)


def _stage(cells: Cells, layout: Layout) -> str:
    """Return the statement that reads every cell once, and names what is read."""
    amount = cells.added(layout.amount_plus, layout.amount_minus)
    refund = cells.money(layout.refund)
    if cells.has(layout.refunds):
        refund = cells.sum_of(layout.refunds, "amount")
        amount = f"{amount} - {refund}"
    moments = [cells.moment((name,)) for name in layout.moments if cells.has((name,))]
    also = "".join(f"{moment} AS moment_{n},\n    " for n, moment in enumerate(moments))
    coupon = cells.public(layout.coupon_code)
    if layout.coupon_key:
        coupon = cells.keyed(coupon, (layout.coupon_key,))
    head = f"{cells.text(layout.ordered_at)} IS NOT NULL"
    values = f"""
SELECT
    row_number() OVER () + 1 AS row_no,
    {head} AS head,
    {cells.public(layout.order_id)} AS order_id,
    {cells.identifier(layout.line_id)} AS line_id,
    {cells.customer()} AS customer_id,
    {cells.moment(layout.ordered_at)} AS ordered_at,
    {also}{amount} AS amount,
    {refund} AS refund,
    {cells.added([layout.goods], layout.goods_minus)} AS goods,
    {cells.money(layout.discount)} AS discount,
    {cells.text(layout.currency)} AS currency,
    {_dropped(cells, layout.status, head)} AS dropped,
    {_purchase(cells, layout.subscription)},
    {cells.public(layout.source)} AS source,
    {coupon} AS coupon_code,
    {cells.public(layout.channel)} AS channel,
    {_line(cells, layout.line)},
    {cells.text(layout.ordered_at)} AS date_text,
    {cells.text(layout.amount_plus[0])} AS amount_text
FROM {cells.source()}"""  # noqa: S608 - column numbers and parameter names only, see `cells`
    taken = [f"moment_{n}" for n in range(len(moments))]
    shapes = ", ".join(_SHAPE.format(text) for text in ("date_text", "amount_text"))
    # What is computed above is only referred to here: nothing is parsed twice.
    return f"""
CREATE TABLE staged AS
SELECT
    * EXCLUDE ({", ".join([*taken, "date_text", "amount_text"])}),
    CAST(1 AS BIGINT) AS block,
    CAST(NULL AS VARCHAR) AS row_reason,
    greatest({", ".join(["ordered_at", *taken])}) AS moment,
    CASE WHEN head AND (ordered_at IS NULL OR amount IS NULL) THEN concat_ws(' ', {shapes})
    END AS content
FROM ({values})
"""  # noqa: S608


def _dropped(cells: Cells, statuses: tuple[Status, ...], head: str) -> str:
    cases = []
    for status in statuses:
        value = cells.text(status.column)
        for wanted, reason in status.drop.items():
            met = f"{value} IS NOT NULL" if wanted == "*" else cells.one_of(value, [wanted])
            cases.append(f"WHEN {met} THEN {cells.bind(reason)}")
        if status.keep:
            cases.append(f"WHEN NOT {cells.one_of(value, status.keep)} THEN 'status is not known'")
    return (
        f"CASE WHEN {head} THEN CASE {' '.join(cases)} END END"
        if cases
        else "CAST(NULL AS VARCHAR)"
    )


def _purchase(cells: Cells, subscription: Subscription | None) -> str:
    if subscription is None:
        return (
            "'one_off' AS purchase_type, CAST(NULL AS VARCHAR) AS subscription_id, "
            "CAST(NULL AS BIGINT) AS subscription_order_no"
        )
    number = cells.public(subscription.id)
    tests = [f"{number} IS NOT NULL"]
    if cells.has(subscription.values):
        tests.append(cells.one_of(cells.text(subscription.values), subscription.any))
    told = [_counted(cells.text(subscription.order_no), cells.bind(r"^(\d+)"))]
    if cells.has(subscription.tags):
        whole = "|".join(re.escape(tag.lower()) for tag in subscription.any)
        starts = "|".join(re.escape(tag.lower()) for tag in subscription.begins)
        pattern = rf"(^|,)\s*(({whole})\s*(,|$)" + (f"|({starts}))" if starts else ")")
        tags = f"lower({cells.text(subscription.tags)})"
        tests.append(f"regexp_matches({tags}, {cells.bind(pattern)})")
        if starts:
            told.append(_counted(tags, cells.bind(rf"(?:^|,)\s*(?:{starts})\s*(\d+)\s*(?:,|$)")))
        first = "|".join(re.escape(tag.lower()) for tag in subscription.first)
        if first:
            only = cells.bind(rf"(^|,)\s*({first})\s*(,|$)")
            told.append(f"CASE WHEN regexp_matches({tags}, {only}) THEN 1 END")
    met = " OR ".join(f"coalesce({test}, false)" for test in tests)
    return (
        f"CASE WHEN {met} THEN 'subscription' ELSE 'one_off' END AS purchase_type, "
        f"{number} AS subscription_id, "
        f"CASE WHEN {met} THEN coalesce({', '.join(told)}) END AS subscription_order_no"
    )


def _counted(text: str, pattern: str) -> str:
    """Return the number of an order that a text tells; there is no order 0."""
    return f"nullif(try_cast(regexp_extract({text}, {pattern}, 1) AS BIGINT), 0)"


def _line(cells: Cells, line: Line | None) -> str:
    if line and (line.packed or line.codes):
        return f"{_NO_LINE}, true AS has_lines, {items(cells, line)} AS items"
    has_amount = line is not None and cells.has(line.amount)
    money = (line.amount if has_amount else line.price) if line else ()
    if line is None or not all(map(cells.has, (line.product_id, line.quantity, money))):
        return f"{_NO_LINE}, false AS has_lines"
    kinds = cells.one_of(cells.text(line.kind), line.kinds) if cells.has(line.kind) else "true"
    quantity = f"try_cast({cells.money(line.quantity)} AS BIGINT)"
    amount = cells.money(money)
    if cells.has(line.tax_percent):
        tax = f"(100 + coalesce({cells.money(line.tax_percent)}, 0)) / 100"
        amount = f"CAST({amount} * {tax} AS DECIMAL(18, 4))"
    if not has_amount:
        amount = f"{quantity} * {amount}"
    if cells.has(line.discount):
        amount += f" - coalesce({cells.money(line.discount)}, 0)"
    return (
        f"{kinds} AS is_line, {cells.public(line.product_id)} AS product_id, "
        f"{cells.public(line.product_name)} AS product_name, {quantity} AS quantity, "
        f"CAST({amount} AS DECIMAL(18, 4)) AS line_amount, true AS has_lines"
    )
