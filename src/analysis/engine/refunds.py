"""Amounts as they were known on a day: what went back later is not taken off yet.

An import takes every refund off its order, whenever it was paid back. A report of an earlier day
must not know of the later ones, and made again after they came it must say the same: there a
statement reads `orders` and `customer_day` with the later refunds added back, and `refunds` without
them. Statements of reductions need not know of it, and each engine only has to offer these tables
once more, as they are stored, under the names in `STORED`.
"""

import re
from collections.abc import Mapping

from analysis.schema import TABLES

STORED = {"orders": "stored_orders", "customer_day": "stored_days", "refunds": "stored_refunds"}
UNTIL = "refunds_until"
TOTALS = """
SELECT
    count(*) AS refunds,
    CAST(coalesce(sum(amount_minor), 0) AS BIGINT) AS refunded_minor,
    CAST(max(refunded_at) AS DATE) AS last_refund_day
FROM refunds
"""

_READS = re.compile(rf"\b(?:FROM|JOIN)\s+({'|'.join(STORED)})\b")

_ORDERS = """
SELECT {columns}, stored.amount_minor + coalesce(later.amount_minor, 0) AS amount_minor
FROM stored_orders AS stored
LEFT JOIN (
    SELECT order_id, CAST(sum(amount_minor) AS BIGINT) AS amount_minor
    FROM stored_refunds
    WHERE CAST(refunded_at AS DATE) > $refunds_until
    GROUP BY order_id
) AS later ON stored.order_id = later.order_id
"""

_CUSTOMER_DAY = """
SELECT {columns}, stored.amount_minor + coalesce(later.amount_minor, 0) AS amount_minor
FROM stored_days AS stored
LEFT JOIN (
    SELECT
        customer_keys.customer_no,
        CAST(stored_orders.ordered_at AS DATE) AS day,
        coalesce(stored_orders.purchase_type, 'one_off') AS purchase_type,
        CAST(sum(stored_refunds.amount_minor) AS BIGINT) AS amount_minor
    FROM stored_refunds
    INNER JOIN stored_orders ON stored_refunds.order_id = stored_orders.order_id
    INNER JOIN customer_keys ON stored_orders.customer_id = customer_keys.customer_id
    WHERE CAST(stored_refunds.refunded_at AS DATE) > $refunds_until
    GROUP BY
        customer_keys.customer_no,
        CAST(stored_orders.ordered_at AS DATE),
        coalesce(stored_orders.purchase_type, 'one_off')
) AS later
    ON
        stored.customer_no = later.customer_no
        AND stored.day = later.day
        AND stored.purchase_type = later.purchase_type
"""

_REFUNDS = """
SELECT {columns}, stored.amount_minor
FROM stored_refunds AS stored
WHERE CAST(stored.refunded_at AS DATE) <= $refunds_until
"""


def _select(table: str, text: str) -> str:
    others = [column.name for column in TABLES[table] if column.name != "amount_minor"]
    return text.format(columns=", ".join(f"stored.{name}" for name in others))


_SELECTS = {
    "orders": _select("orders", _ORDERS),
    "customer_day": _select("customer_day", _CUSTOMER_DAY),
    "refunds": _select("refunds", _REFUNDS),
}


def stored(tables: Mapping[str, object]) -> dict[str, str]:
    """Return the tables that an engine has to offer under a second name, with that name.

    Args:
        tables: What there is; without `refunds` there is nothing to know later.

    >>> stored({"orders": {}, "products": {}, "refunds": {}})
    {'orders': 'stored_orders', 'refunds': 'stored_refunds'}
    >>> stored({"orders": {}})
    {}
    """
    return {name: STORED[name] for name in STORED if name in tables and "refunds" in tables}


def as_known(select: str) -> str:
    """Return a SELECT that knows of no refund after the day bound to `$refunds_until`.

    Args:
        select: One that begins with no WITH of its own.

    >>> as_known("SELECT product_id FROM products")
    'SELECT product_id FROM products'
    """
    code = re.sub(r"--[^\n]*", "", select)
    read = sorted(set(_READS.findall(code)))
    if not read:
        return select
    # Each use is planned as if it read the table itself.
    shadows = ",\n".join(f"{name} AS NOT MATERIALIZED ({_SELECTS[name]})" for name in read)
    return f"WITH {shadows}\n{select}"
