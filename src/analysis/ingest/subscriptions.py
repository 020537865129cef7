"""Subscriptions out of orders, for shops whose export has no list of them.

- **Which there are**: one row per subscription number. Orders without a number, as carts that only
  tag them have, are one subscription per customer; per customer and product where orders of
  different products come sooner after one another than half the usual wait. An order numbered 1
  after others, or a lower number than the one before, begins a new one.
- **When it began** (`start_certainty`): `seen` where the order numbered 1 is there, or where orders
  have no numbers and the first one came long after the data begin; `counted` back by the cycle from
  a later number; else `unknown`, and the first order stands there.
- **How long its cycle is** (`cycle_certainty`): see `cycles`.
- **When it ended is never told by orders**: `cancelled_at` stays empty, and an order that does not
  come is all that is seen. A skipped or paused one looks the same until the order after it comes,
  so a derived subscription counts as left one cycle later than one whose skips are recorded, and
  after its first order, by which no cycle can be told, once the longest usual one has passed
  (`first_wait_days`). No event is derived: it would be known only by a later order.
"""

from typing import Any

import numpy as np

from analysis.engine import Workbench
from analysis.ingest.cycles import CERTAINTIES, MONTH_DAYS, Cycles, Waits, estimate_cycles
from analysis.schema import SQL_TYPES, SUBSCRIPTIONS

# No cycle is shorter: what follows sooner is a parcel of the same order.
_PARCEL_DAYS = 4

_SUBSCRIPTION_ORDERS = """
SELECT count(*), count(*) FILTER (subscription_id IS NULL) FROM orders
WHERE subscription_id IS NOT NULL OR purchase_type = 'subscription'
"""

_MAIN_PRODUCTS = """
CREATE TEMP TABLE main_products AS
SELECT order_id, max_by(product_id, (amount_minor, -line_no)) AS product_id
FROM order_lines
WHERE order_id IN (
    SELECT order_id FROM orders
    WHERE subscription_id IS NOT NULL OR purchase_type = 'subscription')
GROUP BY order_id
"""

_NO_PRODUCTS = "CREATE TEMP TABLE main_products (order_id VARCHAR, product_id VARCHAR)"

# Orders of one customer that carry no number of a subscription, in the order of time.
_UNNUMBERED = """
CREATE TEMP TABLE unnumbered AS
SELECT
    order_id, customer_id, product_id, subscription_order_no AS number,
    CAST(ordered_at AS DATE) AS day,
    row_number() OVER (ORDER BY customer_id, ordered_at, order_id) AS place
FROM orders LEFT JOIN main_products USING (order_id)
WHERE subscription_id IS NULL AND purchase_type = 'subscription'
"""

_USUAL_WAIT = """
SELECT median(days) FROM (
    SELECT date_diff('day', lag(day) OVER (
        PARTITION BY customer_id, product_id ORDER BY place), day) AS days
    FROM unnumbered)
WHERE days >= $parcel_days
"""

_NAMED = """
CREATE TEMP TABLE named AS
WITH neighbors AS (
    SELECT
        customer_id,
        product_id <> lag(product_id) OVER customer
            AND 2 * date_diff('day', lag(day) OVER customer, day) < $usual_wait AS is_beside
    FROM unnumbered
    WINDOW customer AS (PARTITION BY customer_id ORDER BY place)
),
apart AS (
    SELECT customer_id, bool_or(is_beside) AS by_product FROM neighbors GROUP BY customer_id
),
series AS (
    SELECT
        order_id, place, day, number,
        concat_ws('/', customer_id, CASE WHEN by_product THEN product_id END) AS series
    FROM unnumbered JOIN apart USING (customer_id)
),
marked AS (
    SELECT *, coalesce(
        date_diff('day', lag(day) OVER earlier, day) >= $parcel_days
        AND (number = 1 OR number < last_value(number IGNORE NULLS) OVER before), false) AS begins
    FROM series
    WINDOW
        earlier AS (PARTITION BY series ORDER BY place),
        before AS (
            PARTITION BY series ORDER BY place
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT order_id, concat(series, '/', 1 + count(*) FILTER (begins) OVER (
    PARTITION BY series ORDER BY place)) AS subscription_id
FROM marked
"""

_NUMBER_ORDERS = """
UPDATE orders SET subscription_id = named.subscription_id FROM named
WHERE orders.order_id = named.order_id
"""

# An order of its own follows four days or more after the one before, and with another number.
_TAKEN = """
CREATE TEMP TABLE taken AS
WITH dated AS (
    SELECT
        subscription_id, customer_id, order_id, ordered_at, subscription_order_no AS number,
        CAST(ordered_at AS DATE) AS day
    FROM orders WHERE subscription_id IS NOT NULL
)
SELECT *, lag(day) OVER earlier AS day_before, lag(number) OVER earlier AS number_before
FROM (
    SELECT * FROM dated
    WINDOW every_order AS (PARTITION BY subscription_id ORDER BY ordered_at, order_id)
    QUALIFY coalesce(date_diff('day', lag(day) OVER every_order, day) >= $parcel_days, true)
        AND coalesce(number <> lag(number) OVER every_order, true)
)
WINDOW earlier AS (PARTITION BY subscription_id ORDER BY ordered_at, order_id)
"""

_FOUND = """
CREATE TEMP TABLE found AS
WITH spans AS (
    SELECT
        subscription_id,
        max_by(customer_id, (ordered_at, order_id)) AS customer_id,
        max_by(order_id, (ordered_at, order_id)) AS last_order_id,
        min(ordered_at) AS first_at,
        min_by(coalesce(number, 0), (ordered_at, order_id)) AS first_number
    FROM taken GROUP BY subscription_id
)
SELECT
    row_number() OVER (ORDER BY subscription_id) - 1 AS place,
    spans.* EXCLUDE (last_order_id), product_id
FROM spans LEFT JOIN main_products ON last_order_id = order_id
"""

_WAITS = """
SELECT place, CAST(date_diff('day', day_before, day) AS DOUBLE)
    / greatest(coalesce(number - number_before, 1), 1) AS days
FROM taken JOIN found USING (subscription_id)
WHERE day_before IS NOT NULL ORDER BY place, day
"""

_PRODUCTS = "SELECT coalesce(hash(product_id), 0) AS product FROM found ORDER BY place"

_ESTIMATED = """
CREATE TABLE derived_subscriptions AS
SELECT
    subscription_id, customer_id,
    CASE WHEN first_number > 1
        THEN first_at - to_days(CAST((first_number - 1) * cycle_days AS INTEGER))
        ELSE first_at END AS started_at,
    cycle_days, product_id, true AS derived, cycle_certainty,
    CASE WHEN first_number = 1 THEN 'seen'
        WHEN first_number > 1 THEN 'counted'
        WHEN date_diff('day', begin.day, CAST(first_at AS DATE)) > first_wait_days THEN 'seen'
        ELSE 'unknown' END AS start_certainty,
    first_wait_days
FROM found JOIN estimated USING (place),
    (SELECT CAST(min(ordered_at) AS DATE) AS day FROM orders) AS begin
ORDER BY subscription_id
"""

_CREATE = "CREATE TABLE IF NOT EXISTS subscriptions ({})"

_ADD = """
INSERT INTO subscriptions BY NAME
FROM derived_subscriptions ANTI JOIN subscriptions USING (subscription_id)
"""

_COUNTS = """
SELECT count(*), count(*) FILTER (cycle_certainty = 'certain'),
    count(*) FILTER (cycle_certainty = 'likely'), count(*) FILTER (cycle_certainty = 'assumed'),
    count(*) FILTER (start_certainty = 'counted'), count(*) FILTER (start_certainty = 'unknown'),
    string_agg(DISTINCT cycle_days, ', ' ORDER BY cycle_days)
        FILTER (cycle_certainty = 'certain')
FROM subscriptions WHERE derived
"""


def derive_subscriptions(connection: Workbench) -> tuple[str, ...]:
    """Add the subscriptions that orders tell of and no imported table has.

    Orders of subscriptions without a number get one, in `orders`. Rows of a table `subscriptions`
    that is there already stand; what is derived is flagged as such.

    Args:
        connection: Holds `orders` and maybe `order_lines` and `subscriptions`.

    Returns:
        What was derived, in sentences; nothing for a shop whose orders are all one-off.
    """
    ((orders, unnumbered),) = connection.execute(_SUBSCRIPTION_ORDERS).fetchall()
    if not orders:
        return ()
    present = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
    connection.execute(_MAIN_PRODUCTS if "order_lines" in present else _NO_PRODUCTS)
    if unnumbered:
        _number_orders(connection)
    _estimate(connection)
    columns = ", ".join(f"{column.name} {SQL_TYPES[column.kind]}" for column in SUBSCRIPTIONS)
    connection.execute(_CREATE.format(columns))
    connection.execute(_ADD)
    for table in ("main_products", "derived_subscriptions"):
        connection.execute(f"DROP TABLE {table}")
    return _notes(connection, unnumbered)


def _number_orders(connection: Workbench) -> None:
    connection.execute(_UNNUMBERED)
    ((usual,),) = connection.execute(_USUAL_WAIT, {"parcel_days": _PARCEL_DAYS}).fetchall()
    connection.execute(_NAMED, {"usual_wait": usual or MONTH_DAYS, "parcel_days": _PARCEL_DAYS})
    connection.execute(_NUMBER_ORDERS)
    for table in ("unnumbered", "named"):
        connection.execute(f"DROP TABLE {table}")


def _estimate(connection: Workbench) -> None:
    """Make `derived_subscriptions`: one row for every subscription that has an order."""
    connection.execute(_TAKEN, {"parcel_days": _PARCEL_DAYS})
    connection.execute(_FOUND)
    waits = connection.sql(_WAITS).fetchnumpy()
    products = connection.sql(_PRODUCTS).fetchnumpy()["product"]
    cycles = estimate_cycles(Waits(waits["place"], waits["days"]), products)
    connection.register("estimated", _frame(cycles))
    connection.execute(_ESTIMATED)
    connection.unregister("estimated")
    for table in ("taken", "found"):
        connection.execute(f"DROP TABLE {table}")


def _frame(cycles: Cycles) -> Any:
    import pandas as pd

    return pd.DataFrame(
        {
            "place": np.arange(len(cycles.days)),
            "cycle_days": cycles.days,
            "cycle_certainty": np.array(CERTAINTIES)[cycles.certainty],
            "first_wait_days": cycles.first_wait_days,
        }
    )


def _notes(connection: Workbench, unnumbered: int) -> tuple[str, ...]:
    ((derived, certain, likely, assumed, counted, unknown, cycles),) = connection.execute(
        _COUNTS
    ).fetchall()
    if not derived:
        return ()
    said = [
        f"{derived:,} subscriptions are derived from their orders: of {certain:,} the cycle is "
        f"certain{f' ({cycles} days)' if cycles else ''}, of {likely:,} likely, of {assumed:,} "
        "assumed; ends are known only as overdue."
    ]
    if unnumbered:
        said.append(
            f"{unnumbered:,} subscription orders have no number of a subscription: they are taken "
            "as one per customer, or per customer and product where these alternate."
        )
    if counted:
        said.append(f"Of {counted:,} the first order is counted back from a later number.")
    if unknown:
        said.append(
            f"{unknown:,} may have begun before the data, as their orders have no number: they are "
            "left out of rates by order."
        )
    return tuple(said)
