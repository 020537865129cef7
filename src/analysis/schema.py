"""The contract: which tables a shop consists of, and what their columns hold."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from analysis.errors import DataError

Kind = Literal["text", "timestamp", "date", "integer", "decimal", "flag"]

SQL_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "integer": "BIGINT",
    "decimal": "DECIMAL(18,3)",
    "flag": "BOOLEAN",
}

# A whole number is a decimal: tables of earlier versions, which counted pieces, stay good.
_ALSO_TAKEN: dict[Kind, tuple[str, ...]] = {"decimal": (SQL_TYPES["integer"],)}


class Column(NamedTuple):
    """A column of a canonical table.

    Attributes:
        name: Its name, the same in SQL, Python and on pages.
        kind: What it holds; money is an integer in minor units of the shop's currency, a quantity
            a decimal, to the gram where goods are sold by the kilogram.
        required: Whether the table is useless without it.
    """

    name: str
    kind: Kind
    required: bool = False


ORDERS = (
    Column("order_id", "text", required=True),
    Column("customer_id", "text", required=True),
    Column("ordered_at", "timestamp", required=True),
    Column("amount_minor", "integer", required=True),
    Column("purchase_type", "text"),
    Column("subscription_id", "text"),
    # As the shop counts: 4 where the data begin with the fourth order.
    Column("subscription_order_no", "integer"),
    Column("source", "text"),
    Column("coupon_code", "text"),
    Column("discount_minor", "integer"),
    Column("channel", "text"),
)

ORDER_LINES = (
    Column("order_id", "text", required=True),
    Column("line_no", "integer", required=True),
    Column("product_id", "text", required=True),
    Column("quantity", "decimal", required=True),
    Column("amount_minor", "integer", required=True),
)

# What went back on a known day: every order's amount is net of its refunds here, of all days.
REFUNDS = (
    # Empty where it is not known, or no order of the data, whose money came back.
    Column("order_id", "text"),
    Column("customer_id", "text", required=True),
    Column("refunded_at", "timestamp", required=True),
    Column("amount_minor", "integer", required=True),
)

PRODUCTS = (
    Column("product_id", "text", required=True),
    Column("product_name", "text", required=True),
    Column("category", "text"),
    Column("upgrade_product_id", "text"),
    Column("unit_cost_minor", "integer"),
)

CUSTOMERS = (
    Column("customer_id", "text", required=True),
    Column("registered_at", "timestamp"),
    Column("source", "text"),
    Column("region", "text"),
    Column("birth_year", "integer"),
    Column("email_optin", "flag"),
    Column("line_optin", "flag"),
    Column("sms_optin", "flag"),
)

SUBSCRIPTIONS = (
    Column("subscription_id", "text", required=True),
    Column("customer_id", "text", required=True),
    Column("started_at", "timestamp", required=True),
    Column("cycle_days", "integer", required=True),
    Column("product_id", "text"),
    Column("commitment_orders", "integer"),
    Column("cancelled_at", "timestamp"),
    Column("cancel_reason", "text"),
    Column("offer", "text"),
    # True where orders alone tell of it, so that its end is never told.
    Column("derived", "flag"),
    # Empty where the shop told the cycle, or else certain, likely or assumed.
    Column("cycle_certainty", "text"),
    # Empty where the shop told the start, or else seen, counted (back from a number) or unknown.
    Column("start_certainty", "text"),
    # Where skips and pauses are not recorded: how long after the first order the second may come.
    Column("first_wait_days", "integer"),
)

SUBSCRIPTION_EVENTS = (
    Column("subscription_id", "text", required=True),
    Column("event_at", "timestamp", required=True),
    Column("event", "text", required=True),
    Column("reason", "text"),
)

CONTACTS = (
    Column("campaign_id", "text", required=True),
    Column("customer_id", "text", required=True),
    Column("sent_at", "timestamp", required=True),
    Column("channel", "text"),
    Column("opened_at", "timestamp"),
    Column("clicked_at", "timestamp"),
)

COSTS = (
    Column("source", "text", required=True),
    Column("month", "date", required=True),
    Column("cost_minor", "integer", required=True),
)

ASSIGNMENTS = (
    Column("campaign_id", "text", required=True),
    Column("customer_id", "text", required=True),
    Column("arm", "text", required=True),
    Column("assigned_at", "timestamp", required=True),
)

# Derived from orders at import: most reductions read days, not orders or lines. Customers are
# counted in the order of appearance, so that a later order never changes an earlier number.
CUSTOMER_DAY = (
    Column("customer_no", "integer", required=True),
    Column("day", "date", required=True),
    Column("purchase_type", "text", required=True),
    # The customer's n-th day with purchases of this type.
    Column("purchase_no", "integer", required=True),
    # The first day on which the customer bought anything.
    Column("first_day", "date", required=True),
    # 1 in the first row of a customer's day, or calendar month, and 0 in the others.
    Column("opens_day", "integer", required=True),
    Column("opens_month", "integer", required=True),
    Column("orders", "integer", required=True),
    Column("amount_minor", "integer", required=True),
)

# Derived from orders and their lines: whole numbers for names, as pairs of products are many.
BASKETS = (
    Column("order_no", "integer", required=True),
    Column("customer_no", "integer", required=True),
    Column("customer_order_no", "integer", required=True),
    Column("purchase_type", "text", required=True),
    Column("day", "date", required=True),
    Column("product_no", "integer", required=True),
    Column("quantity", "decimal", required=True),
    Column("amount_minor", "integer", required=True),
)

CUSTOMER_KEYS = (
    Column("customer_no", "integer", required=True),
    Column("customer_id", "text", required=True),
)

PRODUCT_KEYS = (
    Column("product_no", "integer", required=True),
    Column("product_id", "text", required=True),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "orders": ORDERS,
    "order_lines": ORDER_LINES,
    "refunds": REFUNDS,
    "products": PRODUCTS,
    "customers": CUSTOMERS,
    "subscriptions": SUBSCRIPTIONS,
    "subscription_events": SUBSCRIPTION_EVENTS,
    "contacts": CONTACTS,
    "costs": COSTS,
    "assignments": ASSIGNMENTS,
    "customer_day": CUSTOMER_DAY,
    "baskets": BASKETS,
    "customer_keys": CUSTOMER_KEYS,
    "product_keys": PRODUCT_KEYS,
}

DERIVED_TABLES = ("customer_day", "baskets", "customer_keys", "product_keys")

REQUIRED_TABLES = ("orders", "customer_day", "customer_keys")


def check_tables(tables: Mapping[str, Mapping[str, str]], *, shop: str) -> None:
    """Refuse tables that break the contract.

    Args:
        tables: Table name to its columns, each column name to its SQL type.
        shop: Name of the shop, for the sentence.

    Raises:
        DataError: A required table or column is missing, or a column has another type.

    >>> check_tables({}, shop="tiny")
    Traceback (most recent call last):
        ...
    analysis.errors.DataError: Shop 'tiny' has no table 'orders': import it with `crm import ...
    """
    for name in REQUIRED_TABLES:
        if name not in tables:
            raise DataError(
                f"Shop '{shop}' has no table '{name}': import it with `crm import --shop {shop}`."
            )
    for name, columns in tables.items():
        for column in TABLES.get(name, ()):
            _check_column(column, columns.get(column.name), table=name, shop=shop)


def _check_column(column: Column, found: str | None, *, table: str, shop: str) -> None:
    expected = SQL_TYPES[column.kind]
    if found is None and column.required and table in DERIVED_TABLES:
        raise DataError(
            f"Table '{table}' of shop '{shop}' lacks the column '{column.name}', as an earlier "
            f"version of this program wrote it: import again with `crm import --shop {shop}`, "
            "and load it again with `--to` where it is read from a database."
        )
    if found is None and column.required:
        raise DataError(
            f"Table '{table}' of shop '{shop}' lacks the required column '{column.name}' "
            f"({expected}): add it to the export or to the importer and import again."
        )
    if found is not None and found not in (expected, *_ALSO_TAKEN.get(column.kind, ())):
        raise DataError(
            f"Column '{column.name}' of table '{table}' of shop '{shop}' has type {found}, "
            f"must be {expected}: import the shop again."
        )
