"""What each file of an import brought in money, and what of it was set aside and why."""

from collections import defaultdict
from typing import Any, NamedTuple

from analysis.engine import Workbench

_ACCEPTED = """
SELECT source_no, strftime(ordered_at, '%Y-%m'), CAST(sum(gross_minor) AS BIGINT),
    CAST(sum(gross_minor - kept_orders.amount_minor - coalesce(told_twice.amount_minor, 0))
        AS BIGINT)
FROM kept_orders LEFT JOIN told_twice USING (order_id)
WHERE incoming AND reason IS NULL GROUP BY ALL ORDER BY ALL
"""
_PAID_BACK = """
SELECT settled.source_no, strftime(coalesce(refunded_at, ordered_at), '%Y-%m'),
    CAST(sum(settled.amount_minor) AS BIGINT)
FROM settled_refunds AS settled LEFT JOIN orders USING (order_id)
WHERE incoming GROUP BY ALL ORDER BY ALL
"""
# What another currency's amounts are worth is not known.
_SET_ASIDE = """
SELECT source_no, coalesce(versions.reason, refused.reason) AS why,
    CAST(sum(gross_minor) AS BIGINT)
FROM versions JOIN refused USING (source_no, order_id)
WHERE versions.incoming AND refused.incoming AND gross_minor > 0
    AND why <> 'currency is not the shop''s'
GROUP BY ALL ORDER BY ALL
"""
# The most frequent ones tell what to do; a column of free text would fill pages.
_UNKNOWN = """
SELECT source_no, reason, state, count(*) FROM versions
WHERE incoming AND reason IS NOT NULL AND state IS NOT NULL
GROUP BY source_no, reason, state
QUALIFY row_number() OVER (PARTITION BY source_no, reason ORDER BY count(*) DESC,
    state) <= 10
ORDER BY count(*) DESC, state
"""


class Account(NamedTuple):
    """What one file brought in money, in minor units; as the fields of a balance are called."""

    gross_minor: int
    refunds_minor: int
    money_set_aside: dict[str, int]
    unknown: dict[str, dict[str, int]]
    months: dict[str, tuple[int, int]]


def accounts(connection: Workbench) -> dict[int, Account]:
    """Return the account of each file of this import, by its number.

    Refunds are counted in the month in which the money went back, those of unknown day in that of
    their order.
    """
    months: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for number, month, gross, undated in connection.execute(_ACCEPTED).fetchall():
        months[number][month][0] += gross
        months[number][month][1] += undated
    for number, month, back in connection.execute(_PAID_BACK).fetchall():
        months[number][month][1] += back
    aside: dict[int, dict[str, int]] = defaultdict(dict)
    for number, reason, minor in connection.execute(_SET_ASIDE).fetchall():
        aside[number][reason] = minor
    unknown: dict[int, Any] = defaultdict(lambda: defaultdict(dict))
    for number, reason, value, rows in connection.execute(_UNKNOWN).fetchall():
        unknown[number][reason][value] = rows
    return {
        number: Account(
            sum(gross for gross, _ in months[number].values()),
            sum(back for _, back in months[number].values()),
            aside[number],
            {reason: dict(values) for reason, values in unknown[number].items()},
            {month: (gross, back) for month, (gross, back) in sorted(months[number].items())},
        )
        for number in {*months, *aside, *unknown}
    }
