"""The rows of an export of orders: every cell read once, named by what it says of its order."""

import re
from collections.abc import Sequence

from analysis.ingest.cells import Cells, kept
from analysis.ingest.layouts import Columns, Layout, Line, Status, Subscription
from analysis.ingest.line_kinds import line_kind
from analysis.ingest.packed_lines import items

# The digits of a cell that could not be read become nines and its letters x: enough to see what
# is wrong with it, too little to hold an address or a telephone number.
_SHAPE = r"regexp_replace(regexp_replace({0}, '\d', '9', 'g'), '\p{{L}}', 'x', 'g')"

_TOTALS = ("total", "totals", "grand total", "sum", "subtotal", "summe", "gesamt", "gesamtsumme",
           "totale", "totaal", "total general", "total général", "somme", "合計", "総計", "小計",
           "計", "総合計")  # fmt: skip

NO_LINE = (
    "false AS is_line, CAST(NULL AS VARCHAR) AS line_kind, CAST(NULL AS VARCHAR) AS product_id, "
    "false AS product_shortened, CAST(NULL AS VARCHAR) AS product_name, "
    "CAST(NULL AS DECIMAL(18, 3)) AS quantity, CAST(NULL AS DECIMAL(18, 4)) AS line_amount, "
    "CAST(0 AS DECIMAL(18, 4)) AS line_extra, false AS line_unread"
)


def staging(cells: Cells, layout: Layout) -> str:
    """Return the statement that makes `staged`, the rows of a file by what their cells say."""
    moments = [cells.moment((name,)) for name in layout.moments if cells.has((name,))]
    also = "".join(f"{moment} AS moment_{n},\n    " for n, moment in enumerate(moments))
    coupon = cells.public(layout.coupon_code)
    if layout.coupon_key:
        coupon = cells.keyed(coupon, (layout.coupon_key,))
    order = cells.identifier(layout.order_id)
    # Programs and people write what they like below the last order.
    cells.parameters["last_dated_row"] = cells.last_row_of(layout.ordered_at)
    by_lines = layout.by_lines()
    amount_text = layout.line.price or layout.line.amount if layout.line else ()
    if not by_lines:
        amount_text = layout.amount_plus[0]
    # What goes back is told apart from what was paid, also where it is named as a subtrahend.
    minus = [one for one in layout.amount_minus if one != layout.refund]
    amount = cells.added(layout.amount_plus, minus)
    if by_lines:
        amount = _beside_lines(cells, layout, minus)
    values = f"""
SELECT
    row_no,
    {kept(order)} AS order_id,
    {cells.shortened(layout.order_id)} AS order_shortened,
    {cells.identifier(layout.line_id)} AS line_id,
    {cells.customer_number()} AS customer_number,
    {cells.shortened(layout.customer_id)} AS customer_shortened,
    {cells.email_key()} AS email_key,
    {cells.text(layout.phone)} AS phone,
    {cells.moment(layout.ordered_at, needed=True)} AS ordered_at,
    {_clock(cells, layout)} AS clock,
    {also}{amount} AS amount,
    {cells.taken(layout.refund)} AS refund,
    {cells.moment(layout.refunded_at)} AS refunded_at,
    {cells.text(layout.refunds)} AS refunds,
    {cells.added([layout.goods], layout.goods_minus)} AS goods,
    {cells.money(layout.discount)} AS discount,
    {cells.unread(layout.refund)} OR {_unread(cells, layout, minus)} AS order_unread,
    {cells.text(layout.currency)} AS currency,
    {_states(cells, layout.status)},
    {_purchase(cells, layout.subscription)},
    {cells.public(layout.source)} AS source,
    {coupon} AS coupon_code,
    {cells.public(layout.channel)} AS channel,
    {_line(cells, layout.line)},
    {cells.text(layout.ordered_at)} AS date_text,
    {cells.text(amount_text)} AS amount_text,
    {_is_total(cells, layout)} AS is_total,
    CASE WHEN row_no > $last_dated_row THEN {cells.filled()} END AS filled
FROM {cells.source()}"""  # noqa: S608 - column numbers and parameter names only, see `cells`
    taken = [f"moment_{n}" for n in range(len(moments))]
    shapes = ", ".join(_SHAPE.format(text) for text in ("date_text", "amount_text"))
    unread = "ordered_at IS NULL AND date_text IS NOT NULL"
    unpaid = "amount_text IS NOT NULL AND " + (
        "line_amount IS NULL" if by_lines else "amount IS NULL"
    )
    # What is computed above is only referred to here: nothing is parsed twice.
    return f"""
CREATE TABLE staged AS
SELECT
    * EXCLUDE ({", ".join([*taken, "date_text", "amount_text", "is_total", "filled"])}),
    CASE
        WHEN is_total AND date_text IS NULL THEN 'a row of totals'
        WHEN row_no > $last_dated_row AND date_text IS NULL AND amount_text IS NOT NULL
            AND order_id IS NULL AND NOT order_shortened
            AND coalesce(customer_number, email_key) IS NULL THEN 'a row of totals'
        WHEN row_no > $last_dated_row AND filled <= 1 THEN 'a row below the table'
        WHEN order_shortened THEN 'order number was shortened by a spreadsheet'
        WHEN order_id IS NULL THEN 'no order number'
    END AS row_reason,
    CAST(NULL AS VARCHAR) AS phone_key,
    greatest({", ".join(["ordered_at", *taken])}) AS moment,
    CASE WHEN ({unread}) OR ({unpaid}) THEN concat_ws(' ', {shapes}) END AS content
FROM ({values})
"""  # noqa: S608


def _beside_lines(cells: Cells, layout: Layout, minus: Sequence[Columns]) -> str:
    """Return what an order is worth besides its lines, null on rows that do not say."""
    plus = layout.amount_plus if layout.amount == "lines" else ()
    told = [f"NOT {cells.is_nothing(one)}" for one in (*plus, *minus) if cells.has(one)]
    amount = cells.besides(plus, minus)
    return f"CASE WHEN {' OR '.join(told)} THEN {amount} END" if told else amount


def _unread(cells: Cells, layout: Layout, minus: Sequence[Columns]) -> str:
    """Return whether a row tells an amount of the order besides its lines that cannot be read."""
    if not layout.by_lines():
        return "false"
    plus = layout.amount_plus if layout.amount == "lines" else ()
    return " OR ".join(map(cells.unread, (*plus, *minus))) or "false"


def _clock(cells: Cells, layout: Layout) -> str:
    """Return the time of day: 103309, 10:33:09 or 10:33; leading zeros are lost easily."""
    if not cells.has(layout.ordered_time):
        return "CAST(NULL AS INTERVAL)"
    time = cells.text(layout.ordered_time)
    digits = f"translate({time}, ':', '')"
    short = f"contains({time}, ':') AND length({digits}) < 5"
    full = f"CASE WHEN {short} THEN concat({digits}, '00') ELSE {digits} END"
    return f"try_strptime(lpad({full}, 6, '0'), '%H%M%S') - TIMESTAMP '1900-01-01'"


def _is_total(cells: Cells, layout: Layout) -> str:
    """Return whether a row is a sum of others, as spreadsheets end in."""
    line = layout.line
    named = [layout.order_id, layout.ordered_at, layout.customer_id, layout.email]
    named += [line.product_id, line.product_name] if line and not line.packed else []
    tests = [
        cells.one_of(f"rtrim({cells.text(one)}, ':')", _TOTALS) for one in named if cells.has(one)
    ]
    # A row with a date is none, and looking for words costs more than looking for a date.
    dated = f"{cells.text(layout.ordered_at)} IS NOT NULL"
    return f"CASE WHEN {dated} THEN false ELSE {' OR '.join(tests)} END" if tests else "false"


def _states(cells: Cells, statuses: tuple[Status, ...]) -> str:
    """Return why a row's state leaves its order out, whether it has one, and which it is."""
    cases, needed, present, strange = [], [], [], []
    for status in statuses:
        if not cells.has(status.column):
            continue
        value = cells.text(status.column)
        present.append(f"{value} IS NOT NULL")
        for wanted, reason in status.drop.items():
            cases.append(f"WHEN {cells.is_among(value, [wanted])} THEN {cells.bind(reason)}")
        if status.keep:
            needed.append(f"{value} IS NOT NULL")
            counts = cells.is_among(value, status.keep)
            unknown = f"{value} IS NOT NULL AND NOT {counts}"
            cases.append(f"WHEN {unknown} THEN 'status is not known'")
            title = cells.bind(status.column[0])
            strange.append(f"CASE WHEN {unknown} THEN concat({title}, ': ', {value}) END")
    dropped = f"CASE {' '.join(cases)} END" if cases else "CAST(NULL AS VARCHAR)"
    unknown = f"coalesce({', '.join(strange)})" if strange else "CAST(NULL AS VARCHAR)"
    return (
        f"{dropped} AS dropped, {' OR '.join(needed) or 'true'} AS has_state, "
        f"{' OR '.join(present) or 'true'} AS tells_state, {unknown} AS state"
    )


def _purchase(cells: Cells, subscription: Subscription | None) -> str:
    if subscription is None:
        return (
            "'one_off' AS purchase_type, CAST(NULL AS VARCHAR) AS subscription_id, "
            "CAST(NULL AS BIGINT) AS subscription_order_no"
        )
    number = cells.identifier(subscription.id)
    number = kept(number)
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
    if line and (line.packed or line.codes) and cells.has_any(line.packed or line.codes):
        return f"{NO_LINE}, true AS has_lines, {items(cells, line)} AS items"
    has_amount = line is not None and cells.has(line.amount)
    money = (line.amount if has_amount else line.price) if line else ()
    if line is None or not all(map(cells.has, (line.product_id, line.quantity, money))):
        return f"{NO_LINE}, false AS has_lines, CAST(NULL AS VARCHAR[]) AS items"
    quantity = cells.count(line.quantity)
    amount = cells.money(money)
    if cells.has(line.tax_percent):
        percent, none = cells.percent(line.tax_percent), cells.is_nothing(line.tax_percent)
        tax = f"(100 + CASE WHEN {none} THEN 0 ELSE {percent} END) / 100"
        amount = f"TRY(CAST({amount} * {tax} AS DECIMAL(18, 4)))"
    if not has_amount:
        amount = f"TRY(CAST({quantity} * {amount} AS DECIMAL(18, 4)))"
    if cells.has(line.discount):
        amount += f" - abs(coalesce({cells.money(line.discount)}, 0))"
    unread = " OR ".join(map(cells.unread, (line.discount, *line.plus, *line.minus)))
    product = cells.identifier(line.product_id)
    told = " OR ".join(
        f"{cells.text(columns)} IS NOT NULL" for columns in (line.product_id, line.quantity, money)
    )
    name = cells.text(line.product_name or line.product_id)
    kind = line_kind(cells, line, cells.text(line.kind), name)
    return (
        f"({told}) AS is_line, {kind} AS line_kind, "
        f"{kept(product)} AS product_id, "
        f"{cells.shortened(line.product_id)} AS product_shortened, "
        f"{cells.public(line.product_name)} AS product_name, {quantity} AS quantity, "
        f"CAST({amount} AS DECIMAL(18, 4)) AS line_amount, "
        f"{cells.besides(line.plus, line.minus)} AS line_extra, "
        f"{unread} AS line_unread, true AS has_lines, "
        "CAST(NULL AS VARCHAR[]) AS items"
    )
