"""How long do the demo shop's subscriptions last? Orders, skips, pauses, failures, cancellations.

After each order a subscriber may decide to leave, for surplus or for another reason; two draws that
do not know each other. All draws of an order number are made for all subscriptions at once, so
changing the chance of some changes nothing for the others: what a campaign does can be compared
with what would have been.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from analysis.demo.catalogue import PRICES, SUBSCRIBED, pick, pick_by_weight
from analysis.demo.clock import DAY_SECONDS, Clock
from analysis.demo.people import CHANNELS, People
from analysis.demo.reasons import NO_TEXT, other_reasons, texts_of, wording
from analysis.demo.truth import PAYMENT, REASONS, Truth

CYCLES = np.array([30, 60, 90])
_CYCLE_WEIGHTS = np.array([0.6, 0.25, 0.15])
OFFERS = ("standard", "first_order_half_price", "commitment")
_OFFER_WEIGHTS = np.array([0.5, 0.35, 0.15])
DISCOUNTED, COMMITTED = 1, 2
EVENTS = ("skip", "pause", "resume", "cancel", "payment_failure")
NEVER = -1
_SIX = 6 * 3600
_DRAWS = (
    "surplus", "other", "reason", "missing", "words", "leave_day", "hour", "skip", "pause",
    "pause_days", "resumed", "failure", "loss", "late",
)  # fmt: skip

# Given order number, day of that order and second of a cancellation, each for all subscriptions:
# what to multiply the chances to cancel with, for surplus and for other reasons.
Influence = Callable[[int, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


class Subscriptions(NamedTuple):
    """Subscriptions of one portion of the shop, one a row.

    Attributes:
        person: Position of the customer in the portion.
        started: Second of the first order.
        cycle_days: Days between orders.
        product: Position in the catalogue.
        offer: Position in `OFFERS`.
        commitment_orders: Orders before cancelling is allowed.
        cancelled: Second of the cancellation, -1 for never.
        reason: Position in `reasons.TEXTS`, -1 without.
    """

    person: np.ndarray
    started: np.ndarray
    cycle_days: np.ndarray
    product: np.ndarray
    offer: np.ndarray
    commitment_orders: np.ndarray
    cancelled: np.ndarray
    reason: np.ndarray


class SubscriptionOrders(NamedTuple):
    """Orders of subscriptions: subscription, number of the order, second, amounts."""

    subscription: np.ndarray
    order_no: np.ndarray
    second: np.ndarray
    amount_minor: np.ndarray
    discount_minor: np.ndarray


class SubscriptionEvents(NamedTuple):
    """Events of subscriptions: subscription, second, position in `EVENTS` and in `TEXTS`."""

    subscription: np.ndarray
    second: np.ndarray
    event: np.ndarray
    reason: np.ndarray


def sign_up(
    rng: np.random.Generator, people: People, *, clock: Clock, truth: Truth
) -> Subscriptions:
    """Draw who subscribes to what, when and on which terms; nobody has left yet."""
    person = np.flatnonzero(people.subscribes)
    size = len(person)
    # Who also buys one by one comes to a subscription later.
    later = np.where(people.buys[person], rng.standard_exponential(size) * 40, 0.0)
    offer = pick_by_weight(rng.random(size), _OFFER_WEIGHTS)
    return Subscriptions(
        person=person,
        started=clock.calendar(people.came[person] + later),
        cycle_days=CYCLES[pick_by_weight(rng.random(size), _CYCLE_WEIGHTS)],
        product=pick(rng.random(size), SUBSCRIBED),
        offer=offer,
        commitment_orders=np.where(offer == COMMITTED, truth.commitment_orders, 1),
        cancelled=np.full(size, NEVER),
        reason=np.full(size, NO_TEXT),
    )


def run_subscriptions(
    rng: np.random.Generator,
    signed: Subscriptions,
    people: People,
    *,
    last_second: int,
    truth: Truth,
    influence: Influence,
) -> tuple[Subscriptions, SubscriptionOrders, SubscriptionEvents]:
    """Draw orders and events until everybody has left or a moment is reached.

    Args:
        rng: Decides everything here.
        signed: Who subscribed.
        people: The customers.
        last_second: Nothing is drawn from here on.
        truth: What is planted.
        influence: What campaigns do to the chance to cancel.
    """
    course = _Course(signed, people, truth, influence)
    while (course.second < last_second).any():
        draws = dict(zip(_DRAWS, rng.random((len(_DRAWS), len(signed.person))), strict=True))
        course.take_order()
        course.decide(draws)
        course.wait(draws)
        course.charge(draws)
    ended = signed._replace(cancelled=course.cancelled, reason=course.reason)
    return ended, *course.collected(last_second)


_GONE = np.iinfo(np.int64).max


class _Course:
    """The state of all subscriptions between one order and the next."""

    def __init__(
        self, signed: Subscriptions, people: People, truth: Truth, influence: Influence
    ) -> None:
        self.signed, self.truth, self.influence = signed, truth, influence
        self.source = people.source[signed.person]
        self.phone = people.channel[signed.person] == CHANNELS.index("phone")
        self.second = signed.started.copy()
        self.order_no = 0
        self.cancelled, self.reason = signed.cancelled.copy(), signed.reason.copy()
        # Whoever wants to leave during a commitment leaves as soon as it is over, for that reason.
        self.wish = np.full(len(self.second), NO_TEXT)
        nothing = np.zeros(0, dtype=np.int64)
        self.orders: list[tuple[np.ndarray, ...]] = [(nothing,) * 3]
        self.events: list[tuple[np.ndarray, ...]] = [(nothing,) * 4]

    def take_order(self) -> None:
        self.order_no += 1
        self.here = self.second < _GONE
        who = np.flatnonzero(self.here)
        self.orders.append((who, np.full(len(who), self.order_no), self.second[who]))
        self.day = np.where(self.here, self.second // DAY_SECONDS, 0)

    def decide(self, draws: dict[str, np.ndarray]) -> None:
        """Let subscribers cancel, some days after the order and before the next one."""
        room = np.floor(draws["leave_day"] * (self.signed.cycle_days - 4)).astype(np.int64)
        moment = (self.day + 2 + room) * DAY_SECONDS + _daytime(draws["hour"])
        surplus, other = self._wishes(draws, moment)
        reason = np.where(
            surplus,
            REASONS.index("surplus"),
            other_reasons(
                draws["reason"],
                source=self.source,
                phone=self.phone,
                order_no=self.order_no,
                truth=self.truth,
            ),
        )
        wants = self.here & (surplus | other) & (self.wish == NO_TEXT)
        self.wish[wants] = reason[wants]
        leaves = self.here & (self.wish != NO_TEXT)
        leaves &= self.order_no >= self.signed.commitment_orders
        told = draws["missing"] >= self.truth.hazards.reason_missing
        text = np.where(told, texts_of(self.wish, draws["words"]), NO_TEXT)
        self._cancel(leaves, moment, text)

    def _wishes(
        self, draws: dict[str, np.ndarray], moment: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        hazards = self.truth.hazards
        surplus_factor, other_factor = self.influence(self.order_no, self.day, moment)
        surplus = _at(hazards.surplus, self.order_no) * surplus_factor
        other = _at(hazards.other, self.order_no) * other_factor
        if self.order_no == 1:
            discounted = self.signed.offer == DISCOUNTED
            other = np.where(discounted, other * hazards.discount_factor, other)
        return draws["surplus"] < surplus, draws["other"] < other

    def _cancel(self, who: np.ndarray, moment: np.ndarray, text: np.ndarray) -> None:
        self.cancelled[who], self.reason[who] = moment[who], text[who]
        self._tell(who, moment, "cancel", text)
        self.here &= ~who

    def wait(self, draws: dict[str, np.ndarray]) -> None:
        """Let subscribers skip or pause; both move the next order."""
        hazards, cycle = self.truth.hazards, self.signed.cycle_days
        skips = self.here & (draws["skip"] < hazards.skip)
        pauses = self.here & ~skips & (draws["pause"] < hazards.pause)
        resumes = pauses & (draws["resumed"] >= hazards.never_resumed)
        away = np.floor(30 + draws["pause_days"] * 90).astype(np.int64)
        half = (self.day + cycle // 2) * DAY_SECONDS + _daytime(draws["hour"])
        self._tell(skips, half, "skip", wording("skip", draws["words"]))
        self._tell(pauses, half, "pause", wording("pause", draws["words"]))
        self._tell(resumes, half + away * DAY_SECONDS, "resume", np.full(len(half), NO_TEXT))
        self.here &= ~(pauses & ~resumes)
        self.due = self.day + cycle + np.where(skips, cycle, 0) + np.where(resumes, away, 0)

    def charge(self, draws: dict[str, np.ndarray]) -> None:
        """Charge the next order; a payment that fails delays it or ends the subscription."""
        hazards = self.truth.hazards
        fails = self.here & (draws["failure"] < hazards.payment_failure)
        charged = self.due * DAY_SECONDS + _SIX + np.floor(draws["hour"] * 3600).astype(np.int64)
        self._tell(fails, charged, "payment_failure", wording("payment_failure", draws["words"]))
        lost = fails & (draws["loss"] < hazards.payment_loss)
        self._cancel(lost, charged + 10 * DAY_SECONDS, wording(PAYMENT, draws["words"]))
        late = np.where(fails, 3 + np.floor(draws["late"] * 4).astype(np.int64), 0)
        self.second = np.where(self.here, charged + late * DAY_SECONDS, _GONE)

    def _tell(self, who: np.ndarray, moment: np.ndarray, event: str, text: np.ndarray) -> None:
        rows = np.flatnonzero(who)
        self.events.append(
            (rows, moment[rows], np.full(len(rows), EVENTS.index(event)), text[rows])
        )

    def collected(self, last_second: int) -> tuple[SubscriptionOrders, SubscriptionEvents]:
        who, number, second = (np.concatenate(column) for column in zip(*self.orders, strict=True))
        drawn = second < last_second
        who, number, second = who[drawn], number[drawn], second[drawn]
        price = PRICES[self.signed.product[who]]
        half = (number == 1) & (self.signed.offer[who] == DISCOUNTED)
        discount = np.where(half, price // 2, price // 10)
        orders = SubscriptionOrders(who, number, second, price - discount, discount)
        events = SubscriptionEvents(
            *(np.concatenate(one) for one in zip(*self.events, strict=True))
        )
        return orders, events


def _at(values: tuple[float, ...], order_no: int) -> float:
    return values[min(order_no, len(values)) - 1]


def _daytime(chance: np.ndarray) -> np.ndarray:
    """Return seconds from nine in the morning to nine in the evening."""
    return np.floor((9 + 12 * chance) * 3600).astype(np.int64)
