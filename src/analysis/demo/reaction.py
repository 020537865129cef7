"""What happens next, if a campaign is sent? The demo shop some days on, with a known effect.

A shop is always drawn beyond its end, so its future exists before anybody acts. A campaign changes
what the treated do from their assignment on, with the draws that were theirs anyway; whoever is
not treated does to the second what would have happened without the campaign.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.assignment import CONTROL, TREATMENT
from analysis.demo.campaigns import Ledger
from analysis.demo.catalogue import IDS, ONE_OFF, PRICES, pick
from analysis.demo.clock import DAY_SECONDS, Clock
from analysis.demo.people import People, customer_ids
from analysis.demo.purchases import NO_COUPON, NO_PRODUCT, Buyers, Purchases
from analysis.errors import DataError

EVERY_ORDER = 0
_COLUMNS = ("campaign_id", "customer_id", "arm", "assigned_at")


class Effect(NamedTuple):
    """What a campaign does to whoever is treated, from the assignment on.

    Attributes:
        order_no: The order after which the decision to cancel changes, 0 for every order.
        surplus_factor: Times the chance to cancel because of surplus.
        other_factor: Times the chance to cancel for another reason.
        purchase_factor: Times the rate of one-off purchases while someone is a customer.
        purchase_chance: Chance of one more purchase within `purchase_days`.
        purchase_days: Days from the assignment in which that purchase is made.
        product_id: What is bought more, empty for products as anybody buys them.
    """

    order_no: int = EVERY_ORDER
    surplus_factor: float = 1.0
    other_factor: float = 1.0
    purchase_factor: float = 1.0
    purchase_chance: float = 0.0
    purchase_days: int = 30
    product_id: str = ""


class Response(NamedTuple):
    """Campaigns to react to.

    Attributes:
        ledger: Columns `campaign_id`, `customer_id`, `arm`, `assigned_at`, as in `assignments`.
        effects: Campaign ID to what it does; a campaign without an entry does nothing.
    """

    ledger: pd.DataFrame
    effects: Mapping[str, Effect]

    @property
    def campaign_ids(self) -> tuple[str, ...]:
        """The campaigns of the ledger, in the order of their IDs."""
        return tuple(sorted(self.ledger["campaign_id"].unique()))


def check_response(response: Response, *, customers: int, past: tuple[str, ...]) -> None:
    """Refuse a ledger that no shop could have written.

    Args:
        response: The ledger and its effects.
        customers: How many customers the shop has.
        past: Campaigns that the shop has had.

    Raises:
        DataError: The ledger lacks a column, names an unknown customer, arm or product, assigns a
            customer twice, or uses the ID of a past campaign.
    """
    ledger = response.ledger
    for column in _COLUMNS:
        if column not in ledger:
            raise DataError(f"The ledger lacks the column '{column}': add it.")
    arms = sorted(set(ledger["arm"]) - {TREATMENT, CONTROL})
    if arms:
        raise DataError(f"arm == '{arms[0]}' in the ledger, must be '{TREATMENT}' or '{CONTROL}'.")
    twice = ledger[ledger.duplicated(["campaign_id", "customer_id"])]
    if len(twice):
        raise DataError(
            f"The ledger of campaign '{twice['campaign_id'].iloc[0]}' assigns customer "
            f"'{twice['customer_id'].iloc[0]}' twice: keep the first row."
        )
    again = sorted(set(past) & set(ledger["campaign_id"]))
    if again:
        raise DataError(f"The shop had a campaign '{again[0]}' before: choose another ID.")
    unknown = sorted(set(ledger["customer_id"]) - set(customer_ids(np.arange(customers) + 1)))
    if unknown:
        raise DataError(f"The ledger names customer '{unknown[0]}', whom the shop does not have.")
    for effect in response.effects.values():
        if effect.product_id and effect.product_id not in IDS:
            raise DataError(f"product_id == '{effect.product_id}' is no product of the demo shop.")


class Treatment:
    """A response at work in one portion of the shop."""

    def __init__(self, response: Response, people: People, *, clock: Clock, known: int) -> None:
        """Find the customers of the portion in the ledger.

        Args:
            response: The ledger and its effects.
            people: The customers of the portion.
            clock: The shop's clock.
            known: How many campaigns the shop has had before.
        """
        position = pd.Series(np.arange(len(people.number)), index=customer_ids(people.number))
        rows = response.ledger[response.ledger["customer_id"].isin(position.index)]
        rows = rows.sort_values(["assigned_at", "campaign_id", "customer_id"])
        stamps = pd.to_datetime(rows["assigned_at"]).to_numpy().astype("datetime64[s]")
        numbers = {name: number for number, name in enumerate(response.campaign_ids)}
        self.effects = response.effects
        self.names = response.campaign_ids
        self.known = known
        self.rows = Ledger(
            campaign=rows["campaign_id"].map(numbers).to_numpy(dtype=np.int64),
            person=position[rows["customer_id"]].to_numpy(dtype=np.int64),
            treated=(rows["arm"] == TREATMENT).to_numpy(dtype=bool),
            assigned=(stamps - np.datetime64(clock.monday, "s")).astype(np.int64),
        )
        self.size = len(people.number)

    @property
    def ledger(self) -> Ledger:
        """The portion's rows, campaigns counted after those that the shop has had."""
        return self.rows._replace(campaign=self.rows.campaign + self.known)

    def _treated(self) -> list[tuple[Effect, np.ndarray, np.ndarray]]:
        """Return each effect with the treated customers and their seconds of assignment."""
        found = []
        for number, name in enumerate(self.names):
            chosen = (self.rows.campaign == number) & self.rows.treated
            if name in self.effects:
                found.append(
                    (self.effects[name], self.rows.person[chosen], self.rows.assigned[chosen])
                )
        return found

    def factors(
        self, subscribers: np.ndarray, order_no: int, moment: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return what multiplies the chances to cancel; see `subscriptions.Influence`.

        A cancellation that would come before the assignment is not changed.
        """
        surplus, other = np.ones(len(subscribers)), np.ones(len(subscribers))
        for effect, person, assigned in self._treated():
            if effect.order_no not in (EVERY_ORDER, order_no):
                continue
            since = np.full(self.size, np.iinfo(np.int64).max)
            since[person] = assigned
            reached = moment > since[subscribers]
            surplus[reached] *= effect.surplus_factor
            other[reached] *= effect.other_factor
        return surplus, other

    def purchases(
        self,
        rng: np.random.Generator,
        before: Purchases,
        buyers: Buyers,
        *,
        clock: Clock,
        horizon: float,
    ) -> Purchases:
        """Return the purchases with those that campaigns bring, without those they prevent.

        Args:
            rng: Decides what campaigns change.
            before: What would be bought without.
            buyers: How customers buy.
            clock: The shop's clock.
            horizon: Day in even time up to which purchases are drawn.
        """
        parts, keep = [], np.ones(len(before.person), dtype=bool)
        for effect, person, assigned in self._treated():
            since = np.full(self.size, np.inf)
            since[person] = assigned
            late = before.second > since[before.person]
            keep &= ~(late & (rng.random(len(late)) >= effect.purchase_factor))
            parts.append(_faster(rng, buyers, since, effect, clock=clock, horizon=horizon))
            parts.append(_one_more(rng, person, assigned, effect))
        kept = Purchases(*(column[keep] for column in before))
        return Purchases(*(np.concatenate(one) for one in zip(kept, *parts, strict=True)))


def _faster(
    rng: np.random.Generator,
    buyers: Buyers,
    since: np.ndarray,
    effect: Effect,
    *,
    clock: Clock,
    horizon: float,
) -> Purchases:
    """Draw purchases at the added rate, while someone is a customer; they make nobody leave."""
    start = since[buyers.person] / DAY_SECONDS
    span = np.maximum(np.minimum(buyers.left, horizon) - start, 0.0)
    more = rng.poisson(max(effect.purchase_factor - 1, 0.0) * buyers.rate_per_day * span)
    who = np.repeat(np.arange(len(more)), more)
    even = start[who] + rng.random(len(who)) * span[who]
    # Stretching the week may move a purchase before the assignment: it comes right after.
    second = np.maximum(clock.calendar(even), since[buyers.person[who]].astype(np.int64) + 1)
    amount = rng.standard_gamma(buyers.shape[who]) * buyers.scale_minor[who]
    product = _what(rng, len(who), effect)
    return _purchases(buyers.person[who], second, np.floor(amount).astype(np.int64) + 1, product)


def _one_more(
    rng: np.random.Generator, person: np.ndarray, assigned: np.ndarray, effect: Effect
) -> Purchases:
    buys = rng.random(len(person)) < effect.purchase_chance
    wait = 1 + np.floor(rng.random(len(person)) * (effect.purchase_days * DAY_SECONDS - 1))
    product = _what(rng, len(person), effect)
    second = assigned + wait.astype(np.int64)
    return _purchases(person[buys], second[buys], PRICES[product[buys]], product[buys])


def _what(rng: np.random.Generator, size: int, effect: Effect) -> np.ndarray:
    if effect.product_id:
        return np.full(size, IDS.index(effect.product_id))
    return pick(rng.random(size), ONE_OFF)


def _purchases(
    person: np.ndarray, second: np.ndarray, amount: np.ndarray, product: np.ndarray
) -> Purchases:
    size = len(person)
    return Purchases(
        person=person,
        second=second,
        amount_minor=amount,
        discount_minor=np.zeros(size, dtype=np.int64),
        coupon=np.full(size, NO_COUPON),
        product=product,
        second_product=np.full(size, NO_PRODUCT),
    )
