"""Which columns a file fills of a table whose rows are read one by one, and which it has to."""

from analysis.schema import TABLES, Column

# What the import itself makes of subscriptions.
_MADE_HERE = ("derived", "cycle_certainty", "start_certainty", "first_wait_days")
# What orders of a subscription tell, where its list does not.
_TOLD_BY_ORDERS = ("customer_id", "started_at", "cycle_days")


def columns_of(table: str) -> tuple[Column, ...]:
    """Return the columns of a table that a file can fill."""
    return tuple(column for column in TABLES[table] if column.name not in _MADE_HERE)


def required_of(table: str) -> tuple[str, ...]:
    """Return the columns that every row of a file must fill.

    >>> required_of("subscriptions"), required_of("costs")
    (('subscription_id',), ('source', 'month', 'cost_minor'))
    """
    besides = _TOLD_BY_ORDERS if table == "subscriptions" else ()
    return tuple(c.name for c in columns_of(table) if c.required and c.name not in besides)
