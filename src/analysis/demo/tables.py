"""What can be seen of a portion up to a moment, as frames in the layout of the contract.

IDs stay numbers here and become text while they are written.
"""

import numpy as np
import pandas as pd

from analysis.assignment import CONTROL, TREATMENT
from analysis.demo.campaigns import MESSAGE_CHANNELS
from analysis.demo.catalogue import COSTS, IDS, PRODUCTS
from analysis.demo.clock import DAY_SECONDS, Clock
from analysis.demo.people import CHANNELS, REGIONS
from analysis.demo.portion import Portion
from analysis.demo.purchases import COUPONS, NO_COUPON, NO_PRODUCT, order_lines
from analysis.demo.reasons import NO_TEXT, TEXTS
from analysis.demo.subscriptions import EVENTS, OFFERS
from analysis.demo.truth import Source, Truth

ONE_OFF_TYPE, SUBSCRIPTION_TYPE = 0, 1
PURCHASE_TYPES = ("one_off", "subscription")
_HALF_PRICE_COUPON = "FIRST50"


def products() -> pd.DataFrame:
    """Return the table `products`."""
    return pd.DataFrame(
        {
            "product_id": IDS,
            "product_name": [product.name for product in PRODUCTS],
            "category": [product.category for product in PRODUCTS],
            "upgrade_product_id": [product.upgrade_product_id for product in PRODUCTS],
            "unit_cost_minor": COSTS,
        }
    )


def visible_tables(
    portion: Portion, *, clock: Clock, until: int, truth: Truth, campaign_ids: tuple[str, ...]
) -> dict[str, pd.DataFrame]:
    """Return table name to rows: what the shop knows at a moment, and nothing later.

    Args:
        portion: What was drawn.
        clock: The shop's clock.
        until: Second since the clock's day 0; from here on nothing is known.
        truth: What is planted.
        campaign_ids: ID of each campaign of the ledger.
    """
    sources = tuple(source.name for source in truth.sources)
    orders = _orders(portion)
    seen = orders[orders["second"] < until].sort_values(["second", "number", "order_no"])
    return {
        "orders": _orders_table(seen, sources=sources, clock=clock),
        "order_lines": _lines_table(seen),
        "customers": _customers_table(portion, seen, sources=sources, clock=clock),
        "subscriptions": _subscriptions_table(portion, clock=clock, until=until),
        "subscription_events": _events_table(portion, clock=clock, until=until),
        "contacts": _contacts_table(portion, campaign_ids, clock=clock, until=until),
        "assignments": _assignments_table(portion, campaign_ids, clock=clock, until=until),
    }


def _orders(portion: Portion) -> pd.DataFrame:
    bought, taken, people = portion.purchases, portion.subscription_orders, portion.people
    signed = portion.subscriptions
    one_off = pd.DataFrame(
        {
            "person": bought.person,
            "second": bought.second,
            "amount_minor": bought.amount_minor,
            "discount_minor": bought.discount_minor,
            "coupon": bought.coupon,
            "product": bought.product,
            "second_product": bought.second_product,
            "kind": ONE_OFF_TYPE,
            "subscription_order_no": 0,
        }
    )
    half_price = (taken.order_no == 1) & (OFFERS.index("first_order_half_price") == signed.offer[
        taken.subscription
    ])  # fmt: skip
    subscribed = pd.DataFrame(
        {
            "person": signed.person[taken.subscription],
            "second": taken.second,
            "amount_minor": taken.amount_minor,
            "discount_minor": taken.discount_minor,
            "coupon": np.where(half_price, len(COUPONS), NO_COUPON),
            "product": signed.product[taken.subscription],
            "second_product": NO_PRODUCT,
            "kind": SUBSCRIPTION_TYPE,
            "subscription_order_no": taken.order_no,
        }
    )
    orders = pd.concat([one_off, subscribed], ignore_index=True)
    orders = orders.sort_values(["person", "second", "kind"], kind="stable", ignore_index=True)
    # Numbered in time within a customer, so that what comes later renames no earlier order.
    orders["order_no"] = orders.groupby("person").cumcount() + 1
    orders["number"] = people.number[orders["person"]]
    orders["source"] = people.source[orders["person"]]
    orders["channel"] = people.channel[orders["person"]]
    return orders


def _orders_table(seen: pd.DataFrame, *, sources: tuple[str, ...], clock: Clock) -> pd.DataFrame:
    taken = seen["subscription_order_no"].astype("Int64")
    return pd.DataFrame(
        {
            "number": seen["number"],
            "order_no": seen["order_no"],
            "ordered_at": clock.stamps(seen["second"].to_numpy()),
            "amount_minor": seen["amount_minor"],
            "purchase_type": _named(seen["kind"], PURCHASE_TYPES),
            "subscription_order_no": taken.where(taken > 0),
            "source": _named(seen["source"], sources),
            "coupon_code": _named(seen["coupon"], (*COUPONS, _HALF_PRICE_COUPON)),
            "discount_minor": seen["discount_minor"],
            "channel": _named(seen["channel"], CHANNELS),
        }
    )


def _lines_table(seen: pd.DataFrame) -> pd.DataFrame:
    lines = order_lines(
        seen["amount_minor"].to_numpy(),
        seen["product"].to_numpy(),
        seen["second_product"].to_numpy(),
    )
    return pd.DataFrame(
        {
            "number": seen["number"].to_numpy()[lines.order],
            "order_no": seen["order_no"].to_numpy()[lines.order],
            "line_no": lines.line_no,
            "product_id": _named(lines.product, IDS),
            "quantity": lines.quantity,
            "amount_minor": lines.amount_minor,
        }
    )


def _customers_table(
    portion: Portion, seen: pd.DataFrame, *, sources: tuple[str, ...], clock: Clock
) -> pd.DataFrame:
    people = portion.people
    first = seen.groupby("person")["second"].min()
    who = first.index.to_numpy()
    years = pd.Series(people.birth_year[who]).astype("Int64")
    return pd.DataFrame(
        {
            "number": people.number[who],
            "registered_at": clock.stamps(np.maximum(first.to_numpy() - people.waited[who], 0)),
            "source": _named(people.source[who], sources),
            "region": _named(people.region[who], REGIONS),
            "birth_year": years.where(years > 0),
            "email_optin": people.email[who],
            "line_optin": people.line[who],
            "sms_optin": people.sms[who],
        }
    )


def _subscriptions_table(portion: Portion, *, clock: Clock, until: int) -> pd.DataFrame:
    signed = portion.subscriptions
    who = np.flatnonzero(signed.started < until)
    known = signed.cancelled[who] < until
    return pd.DataFrame(
        {
            "number": portion.people.number[signed.person[who]],
            "started_at": clock.stamps(signed.started[who]),
            "cycle_days": signed.cycle_days[who],
            "product_id": _named(signed.product[who], IDS),
            "commitment_orders": signed.commitment_orders[who],
            "cancelled_at": clock.stamps(np.where(known, signed.cancelled[who], -1)),
            "cancel_reason": _named(np.where(known, signed.reason[who], NO_TEXT), TEXTS),
            "offer": _named(signed.offer[who], OFFERS),
        }
    )


def _events_table(portion: Portion, *, clock: Clock, until: int) -> pd.DataFrame:
    events = portion.subscription_events
    person = portion.subscriptions.person[events.subscription]
    number = portion.people.number[person]
    order = np.lexsort((events.event, number, events.second))
    order = order[events.second[order] < until]
    return pd.DataFrame(
        {
            "number": number[order],
            "event_at": clock.stamps(events.second[order]),
            "event": _named(events.event[order], EVENTS),
            "reason": _named(events.reason[order], TEXTS),
        }
    )


def _contacts_table(
    portion: Portion, campaign_ids: tuple[str, ...], *, clock: Clock, until: int
) -> pd.DataFrame:
    messages = portion.messages
    rows = np.flatnonzero(messages.sent < until)
    rows = rows[np.lexsort((messages.person[rows], messages.sent[rows]))]

    def known(second: np.ndarray) -> np.ndarray:
        return clock.stamps(np.where(second[rows] < until, second[rows], -1))

    return pd.DataFrame(
        {
            "campaign_id": _named(messages.campaign[rows], campaign_ids),
            "number": portion.people.number[messages.person[rows]],
            "sent_at": known(messages.sent),
            "channel": _named(messages.channel[rows], MESSAGE_CHANNELS),
            "opened_at": known(messages.opened),
            "clicked_at": known(messages.clicked),
        }
    )


def _assignments_table(
    portion: Portion, campaign_ids: tuple[str, ...], *, clock: Clock, until: int
) -> pd.DataFrame:
    ledger = portion.ledger
    rows = np.flatnonzero(ledger.assigned < until)
    rows = rows[np.lexsort((ledger.person[rows], ledger.assigned[rows]))]
    return pd.DataFrame(
        {
            "campaign_id": _named(ledger.campaign[rows], campaign_ids),
            "number": portion.people.number[ledger.person[rows]],
            "arm": _named(np.where(ledger.treated[rows], 1, 0), (CONTROL, TREATMENT)),
            "assigned_at": clock.stamps(ledger.assigned[rows]),
        }
    )


def new_customers(customers: pd.DataFrame, orders: pd.DataFrame) -> pd.Series:
    """Count customers by source and month of their first order."""
    first = orders.drop_duplicates("number")[["number", "ordered_at"]]
    month = first["ordered_at"].to_numpy().astype("datetime64[M]").astype("datetime64[s]")
    source = customers.set_index("number")["source"].reindex(first["number"]).to_numpy()
    counted = pd.DataFrame({"source": source.astype(str), "month": month})
    return counted.groupby(["source", "month"]).size()


def costs(counts: pd.Series, *, sources: tuple[Source, ...]) -> pd.DataFrame:
    """Return the table `costs`: every new customer costs what the source asks for one."""
    cost = {source.name: source.cost_per_customer_minor for source in sources}
    rows = counts.rename("customers").reset_index().sort_values(["month", "source"])
    rows["cost_minor"] = rows["customers"] * rows["source"].map(cost)
    return rows[["source", "month", "cost_minor"]].reset_index(drop=True)


def day_end(clock: Clock, days_ahead: int = 0) -> int:
    """Return the second from which nothing is known, some days after the shop's end."""
    return clock.end_second + days_ahead * DAY_SECONDS


def _named(codes: object, names: tuple[str, ...]) -> pd.Categorical:
    """Return the names at positions, compactly; -1 is empty."""
    return pd.Categorical.from_codes(np.asarray(codes, dtype=np.int64), list(names))
