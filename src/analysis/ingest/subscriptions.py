"""Subscriptions out of orders, for shops whose export has no list of them, or one with gaps.

- **Which there are**: one row per number of a subscription; see `subscription_series` for orders
  without one.
- **When it began** (`start_certainty`): `seen` where the order numbered 1 is there, or where orders
  have no numbers and the first one came long after the data begin; `counted` back by the cycle from
  a later number; else `unknown`, and the first order stands there.
- **How long its cycle is** (`cycle_certainty`): see `cycles`.
- **When it ended is never told by orders**: `cancelled_at` stays empty, and an order that does not
  come is all that is seen. A skipped or paused one looks the same until the order after it comes,
  so such a subscription counts as left one cycle later than one whose skips are recorded, and after
  its first order, by which no cycle can be told, once the longest usual one has passed
  (`first_wait_days`). No event is derived: it would be known only by a later order.
"""

from typing import Any

import numpy as np

from analysis.engine import Workbench
from analysis.ingest.cycles import CERTAINTIES, Cycles, Waits, estimate_cycles
from analysis.ingest.subscription_series import PARCEL_DAYS, number_orders
from analysis.schema import SQL_TYPES, SUBSCRIPTIONS

# Below it, orders that come a whole cycle late are late, not skipped.
_LEAST_SKIP_SHARE = 0.01

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
CREATE TEMP TABLE waits AS
SELECT place, subscription_id, day_before, day, CAST(date_diff('day', day_before, day) AS DOUBLE)
    / greatest(coalesce(number - number_before, 1), 1) AS days
FROM taken JOIN found USING (subscription_id)
WHERE day_before IS NOT NULL
"""

_PRODUCTS = "SELECT coalesce(hash(product_id), 0) AS product FROM found ORDER BY place"

_ESTIMATED = """
CREATE TEMP TABLE by_orders AS
SELECT
    subscription_id, customer_id,
    CASE WHEN first_number > 1
        THEN first_at - to_days(CAST((first_number - 1) * cycle_days AS INTEGER))
        ELSE first_at END AS started_at,
    cycle_days, product_id, true AS derived, cycle_certainty,
    if(first_number > 1, 'counted', if(
        first_number = 1
        OR date_diff('day', begin.day, CAST(first_at AS DATE)) > first_wait_days,
        'seen', 'unknown')) AS start_certainty,
    first_wait_days
FROM found JOIN estimated USING (place),
    (SELECT CAST(min(ordered_at) AS DATE) AS day FROM orders) AS begin
ORDER BY subscription_id
"""

_FILL = """
UPDATE subscriptions SET
    customer_id = coalesce(subscriptions.customer_id, by_orders.customer_id),
    product_id = coalesce(subscriptions.product_id, by_orders.product_id),
    started_at = coalesce(subscriptions.started_at, by_orders.started_at),
    start_certainty = CASE WHEN subscriptions.started_at IS NULL
        THEN by_orders.start_certainty END,
    cycle_days = coalesce(subscriptions.cycle_days, by_orders.cycle_days),
    cycle_certainty = CASE WHEN subscriptions.cycle_days IS NULL
        THEN by_orders.cycle_certainty END,
    first_wait_days = CASE WHEN subscriptions.cycle_days IS NULL
        THEN by_orders.first_wait_days END
FROM by_orders WHERE subscriptions.subscription_id = by_orders.subscription_id;
INSERT INTO subscriptions BY NAME
FROM by_orders ANTI JOIN subscriptions USING (subscription_id);
"""

_COMPLETE = """
CREATE OR REPLACE TABLE subscriptions AS
SELECT * FROM subscriptions
WHERE customer_id IS NOT NULL AND started_at IS NOT NULL AND cycle_days IS NOT NULL
ORDER BY subscription_id
"""

_NO_EVENTS = """
CREATE TEMP TABLE moves AS
SELECT CAST(NULL AS VARCHAR) AS subscription_id, CAST(NULL AS DATE) AS day WHERE false
"""
_EVENTS = """
CREATE TEMP TABLE moves AS
SELECT subscription_id, CAST(event_at AS DATE) AS day
FROM subscription_events WHERE event IN ('skip', 'pause', 'resume')
"""

# Of the list's subscriptions, the share of orders that come a cycle late and no event says why.
_SKIPS = """
SELECT avg(CASE WHEN days BETWEEN 1.5 * cycle_days AND 2.5 * cycle_days AND NOT EXISTS (
    FROM moves WHERE moves.subscription_id = waits.subscription_id
        AND moves.day >= waits.day_before AND moves.day <= waits.day) THEN 1 ELSE 0 END)
FROM waits JOIN subscriptions USING (subscription_id) WHERE NOT coalesce(derived, false)
"""

_WAIT_LONGER = """
UPDATE subscriptions SET first_wait_days = 2 * cycle_days WHERE first_wait_days IS NULL
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
    """Make or complete the table `subscriptions` by what orders tell.

    What a list of the shop tells stands; what it leaves empty is filled, and subscriptions that it
    does not have are added and flagged as `derived`. A row of the list of which neither it nor an
    order tells customer, start and cycle goes. Orders of subscriptions without a number get one.

    Args:
        connection: Holds `orders`, and maybe `order_lines`, `subscriptions`, in which all columns
            but the first may be empty, and `subscription_events`.

    Returns:
        What was derived, in sentences; nothing for a shop whose orders are all one-off.
    """
    present = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
    ((orders, unnumbered),) = connection.execute(_SUBSCRIPTION_ORDERS).fetchall()
    listed = "subscriptions" in present
    if not (orders or listed):
        return ()
    columns = ", ".join(f"{column.name} {SQL_TYPES[column.kind]}" for column in SUBSCRIPTIONS)
    connection.execute(f"CREATE TABLE IF NOT EXISTS subscriptions ({columns})")
    connection.execute(_MAIN_PRODUCTS if "order_lines" in present else _NO_PRODUCTS)
    together = number_orders(connection, listed=listed) if unnumbered else 0
    _estimate(connection)
    connection.execute(_FILL)
    connection.execute(_EVENTS if "subscription_events" in present else _NO_EVENTS)
    waited = _wait_longer(connection)
    connection.execute(_COMPLETE)
    for table in ("main_products", "by_orders", "waits", "moves"):
        connection.execute(f"DROP TABLE {table}")
    return (*_notes(connection, together), *waited)


def _estimate(connection: Workbench) -> None:
    """Make `by_orders`, a row for every subscription that has an order, and `waits` for orders."""
    connection.execute(_TAKEN, {"parcel_days": PARCEL_DAYS})
    connection.execute(_FOUND)
    connection.execute(_WAITS)
    waits = connection.sql("SELECT place, days FROM waits ORDER BY ALL").fetchnumpy()
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


def _wait_longer(connection: Workbench) -> tuple[str, ...]:
    """Let subscriptions of the list wait a cycle longer where they skip and nothing says so."""
    ((share,),) = connection.execute(_SKIPS).fetchall()
    if not share or share < _LEAST_SKIP_SHARE:
        return ()
    connection.execute(_WAIT_LONGER)
    return (
        f"{share:.1%} of the orders of listed subscriptions came a cycle late, and no skip or "
        "pause is recorded: one more cycle is waited before one counts as left.",
    )


def _notes(connection: Workbench, together: int) -> tuple[str, ...]:
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
    if together:
        said.append(
            f"{together:,} subscription orders have no number of a subscription: they are taken as "
            "one per customer, or per customer and product where these alternate."
        )
    if counted:
        said.append(f"Of {counted:,} the first order is counted back from a later number.")
    if unknown:
        said.append(
            f"{unknown:,} may have begun before the data, as their orders have no number: they are "
            "left out of rates by order."
        )
    return tuple(said)
