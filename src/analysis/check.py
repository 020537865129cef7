"""What can be trusted of a shop's data: `crm check`, and the line on data in every report."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from analysis.ingest.balance import sentence
from analysis.ingest.balance_remarks import doubts, latest, set_aside
from analysis.language import N_, _
from analysis.money import decimals_of
from analysis.schema import DERIVED_TABLES, TABLES
from analysis.shop import Shop, open_shop
from analysis.style import format_count, format_date, format_money, format_share

# What a report leaves out where a table or column of the contract has nothing in it.
_SILENCED = {
    "orders.purchase_type": N_("every order counts as a one-off purchase"),
    "orders.subscription_id": N_("churn by subscription"),
    "orders.source": N_("value and churn by where customers came from"),
    "orders.coupon_code": N_("coupons"),
    "orders.discount_minor": N_("discounts"),
    "orders.channel": N_("sales by channel"),
    "order_lines": N_("products: what is bought, what is bought next"),
    "products.category": N_("categories"),
    "products.upgrade_product_id": N_("upgrades"),
    "products.unit_cost_minor": N_("profit by product"),
    "customers": N_("regions, ages, and who may be written to"),
    "customers.registered_at": N_("time from registration to the first order"),
    "customers.region": N_("regions"),
    "customers.birth_year": N_("ages"),
    "customers.email_optin": N_("lists for e-mail: nobody is known to consent"),
    "customers.line_optin": N_("lists for LINE: nobody is known to consent"),
    "customers.sms_optin": N_("lists for short messages: nobody is known to consent"),
}

_STALE_DAYS = 7
_LARGE_SHARE = 0.05
_ENOUGH_ORDERS = 30


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
    """Look at a shop's current tables, on the day of its last order.

    Raises:
        ParameterError: There is no such shop.
        DataError: The shop was never imported, has no orders, or breaks the contract.
    """
    shop = open_shop(name, as_of="last_order")
    return check_data(shop, today=datetime.now(ZoneInfo(shop.file.time_zone)).date())


def check_data(shop: Shop, *, today: date) -> Report:
    """Look at the tables of a shop as they were on its day.

    Args:
        shop: The shop, opened as of a day.
        today: The day on which the last order ought to be fresh.
    """
    volume = shop.engine.scalar("check_volume", as_of=shop.as_of)
    return Report(
        facts=list(_facts(shop, volume, today)),
        silent=list(_silent(shop)),
        suspicious=list(_suspicious(shop, volume, today)),
    )


def _facts(shop: Shop, volume: dict[str, Any], today: date) -> Iterator[str]:
    yield _("{orders} orders of {customers} customers, {first} to {last}").format(
        orders=format_count(volume["orders"]),
        customers=format_count(volume["customers"]),
        first=format_date(shop.first_day),
        last=format_date(shop.last_day),
    )
    yield _("last order {days} days ago, imported {moment}").format(
        days=format_count((today - shop.last_day).days),
        moment=shop.record.get("imported_at", _("at an unknown time")),
    )
    balances = shop.record.get("balance", [])
    last = latest(balances)
    yield from map(sentence, last)
    if len(last) < len(balances):
        yield _("and {n} earlier versions of these files").format(
            n=format_count(len(balances) - len(last))
        )
    for line in set_aside(balances, shop.file.currency):
        yield _("set aside: {line}").format(line=line)


def _silent(shop: Shop) -> Iterator[str]:
    for table, columns in TABLES.items():
        if table in DERIVED_TABLES:
            continue
        present = shop.engine.tables.get(table)
        if present is None:
            # The names of the lines are those of the products, so one sentence is enough.
            if table in _SILENCED:
                yield _("no table {name}: {left_out}").format(
                    name=table, left_out=_(_SILENCED[table])
                )
            continue
        filled = shop.engine.filled(table, [column.name for column in columns])
        for column in columns:
            key = f"{table}.{column.name}"
            if key in _SILENCED and column.name not in filled:
                yield _("no {name}: {left_out}").format(name=key, left_out=_(_SILENCED[key]))


def _suspicious(shop: Shop, volume: dict[str, Any], today: date) -> Iterator[str]:
    if (age := (today - shop.last_day).days) > _STALE_DAYS:
        yield _("The last order is {days} days old: is an export missing?").format(
            days=format_count(age)
        )
    yield from doubts(shop.record.get("balance", []))
    yield from _suspicious_days(volume)
    yield from _suspicious_money(shop, volume)
    largest_share = volume["largest_orders"] / volume["orders"]
    if largest_share >= _LARGE_SHARE and volume["customers"] > 1 / _LARGE_SHARE:
        yield _(
            "One customer made {share} of all orders: a reseller, or an address that stands for "
            "nobody?"
        ).format(share=format_share(largest_share, decimals=0))


def _suspicious_days(volume: dict[str, Any]) -> Iterator[str]:
    if volume["empty_days"] == 1:
        yield _(
            "1 day without an order, {day}: was the shop closed, or is an export missing?"
        ).format(day=format_date(volume["first_empty_day"]))
    elif volume["empty_days"]:
        yield _(
            "{days} days without an order, the first on {day}: was the shop closed, or is an "
            "export missing?"
        ).format(
            days=format_count(volume["empty_days"]), day=format_date(volume["first_empty_day"])
        )
    if volume["jump_day"]:
        usual = volume["jump_other_orders"] / volume["jump_other_days"]
        yield _(
            "{orders} orders on {day}, {times} times the usual day of that month: a campaign, or "
            "orders that are counted twice?"
        ).format(
            orders=format_count(volume["jump_orders"]),
            day=format_date(volume["jump_day"]),
            times=format_count(volume["jump_orders"] / usual),
        )


def _suspicious_money(shop: Shop, volume: dict[str, Any]) -> Iterator[str]:
    median, currency = volume["middle_minor"], shop.file.currency
    low, high = (100, 1_000_000) if currency == "JPY" else (100, 10_000_000)
    if not low <= median <= high:
        yield _(
            "The median order is {amount}: is the unit of money right (`unit: major` or `minor`)?"
        ).format(amount=format_money(median, currency))
    all_round = volume["round_orders"] == volume["orders"]
    if decimals_of(currency) and all_round and volume["orders"] >= _ENOUGH_ORDERS:
        yield _(
            "Every amount is a whole number of {currency}, none has cents: is the currency right?"
        ).format(currency=currency)
