"""Which columns a file fills of a table whose rows are read one by one, and which it has to."""

from analysis.schema import TABLES, Column

# What the import itself makes of subscriptions.
_MADE_HERE = ("derived", "cycle_certainty", "start_certainty", "first_wait_days")
# What orders tell where a list of subscriptions, or of money that went back, does not.
_TOLD_BY_ORDERS = {
    "subscriptions": ("customer_id", "started_at", "cycle_days"),
    "refunds": ("customer_id", "refunded_at"),
}


def columns_of(table: str) -> tuple[Column, ...]:
    """Return the columns of a table that a file can fill."""
    return tuple(column for column in TABLES[table] if column.name not in _MADE_HERE)


def required_of(table: str) -> tuple[str, ...]:
    """Return the columns that every row of a file must fill.

    >>> required_of("subscriptions"), required_of("costs")
    (('subscription_id',), ('source', 'month', 'cost_minor'))
    """
    besides = _TOLD_BY_ORDERS.get(table, ())
    return tuple(c.name for c in columns_of(table) if c.required and c.name not in besides)
