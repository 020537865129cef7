"""What can be trusted of a shop's data before a report is run: `crm check`."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from analysis.importing.balance import sentence
from analysis.schema import DERIVED_TABLES, TABLES
from analysis.shop import Shop, open_shop

# What a report leaves out where a table or column of the contract has nothing in it.
_SILENCED = {
    "orders.purchase_type": "every order counts as a one-off purchase",
    "orders.subscription_id": "churn by subscription",
    "orders.source": "value and churn by where customers came from",
    "orders.coupon_code": "coupons",
    "orders.discount_minor": "discounts",
    "orders.channel": "sales by channel",
    "order_lines": "products: what is bought, what is bought next",
    "products.category": "categories",
    "products.upgrade_product_id": "upgrades",
    "products.unit_cost_minor": "profit by product",
    "customers": "regions, ages, and who may be written to",
    "customers.registered_at": "time from registration to the first order",
    "customers.region": "regions",
    "customers.birth_year": "ages",
    "customers.email_optin": "lists for e-mail: nobody is known to consent",
    "customers.line_optin": "lists for LINE: nobody is known to consent",
    "customers.sms_optin": "lists for short messages: nobody is known to consent",
}

_STALE_DAYS = 7
_LARGE_SHARE = 0.05


class Report(NamedTuple):
    """What `crm check` says.

    Attributes:
        facts: Period, freshness and balance.
        silent: What is missing, and what it silences.
        suspicious: What may be wrong with the data.
    """

    facts: list[str]
    silent: list[str]
    suspicious: list[str]


def check_shop(name: str) -> Report:
    """Look at a shop's current tables.

    Raises:
        ParameterError: There is no such shop.
        DataError: The shop was never imported, has no orders, or breaks the contract.
    """
    shop = open_shop(name, as_of="last_order")
    today = datetime.now(ZoneInfo(shop.file.time_zone)).date()
    volume = shop.engine.scalar("check_volume", as_of=shop.as_of)
    return Report(
        facts=list(_facts(shop, volume, today)),
        silent=list(_silent(shop)),
        suspicious=list(_suspicious(shop, volume, today)),
    )


def _facts(shop: Shop, volume: dict[str, Any], today: date) -> Iterator[str]:
    yield (
        f"{volume['orders']:,} orders of {volume['customers']:,} customers, "
        f"{shop.first_day} to {shop.last_day}"
    )
    yield (
        f"last order {(today - shop.last_day).days:,} days ago, "
        f"imported {shop.record.get('imported_at', 'at an unknown time')}"
    )
    for balance in shop.record.get("balance", []):
        yield sentence(balance)


def _silent(shop: Shop) -> Iterator[str]:
    for table, columns in TABLES.items():
        if table in DERIVED_TABLES:
            continue
        present = shop.engine.tables.get(table)
        if present is None:
            # The names of the lines are those of the products, so one sentence is enough.
            if table in _SILENCED:
                yield f"no table {table}: {_SILENCED[table]}"
            continue
        filled = _filled(shop, table)
        for column in columns:
            key = f"{table}.{column.name}"
            if key in _SILENCED and column.name not in filled:
                yield f"no {key}: {_SILENCED[key]}"


def _filled(shop: Shop, table: str) -> set[str]:
    """Return the columns of a table that hold anything."""
    relation = shop.engine.connection.table(table)
    columns = relation.columns
    counts = relation.aggregate(", ".join(f'count("{name}")' for name in columns)).fetchall()[0]
    return {name for name, count in zip(columns, counts, strict=True) if count}


def _suspicious(shop: Shop, volume: dict[str, Any], today: date) -> Iterator[str]:
    if (age := (today - shop.last_day).days) > _STALE_DAYS:
        yield f"the last order is {age:,} days old: is an export missing?"
    if volume["empty_days"]:
        yield (
            f"{volume['empty_days']:,} days without an order, the first on "
            f"{volume['first_empty_day']}: was the shop closed, or is an export missing?"
        )
    if volume["jump_day"]:
        yield (
            f"{volume['jump_orders']:,} orders on {volume['jump_day']}, "
            f"{volume['jump_orders'] / volume['jump_usual']:.0f} times the usual day of that "
            f"month: a campaign, or orders that are counted twice?"
        )
    yield from _suspicious_money(shop, volume)
    if volume["largest_share"] >= _LARGE_SHARE and volume["customers"] > 1 / _LARGE_SHARE:
        yield (
            f"one customer made {volume['largest_share']:.0%} of all orders: "
            "a reseller, or an address that stands for nobody?"
        )


def _suspicious_money(shop: Shop, volume: dict[str, Any]) -> Iterator[str]:
    median = volume["middle_minor"]
    if shop.file.currency == "JPY":
        low, high = 100, 1_000_000
    else:
        low, high = 100, 10_000_000
    if not low <= median <= high:
        yield (
            f"the median order is {median:,} minor units of {shop.file.currency}: "
            "is the unit of money right (`unit: major` or `minor`)?"
        )
    if shop.file.currency != "JPY" and volume["round_share"] == 1 and volume["orders"] >= 30:
        yield (
            f"every amount is a whole number of {shop.file.currency}, none has cents: "
            "is the currency right?"
        )
