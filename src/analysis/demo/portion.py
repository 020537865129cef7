"""One portion of the demo shop: customers with everything that they do, up to a day and beyond.

A large shop is made of portions that fit in memory. Each part of a portion has random numbers of
its own, so that adding a part, or changing how many numbers one needs, leaves the others alone.
"""

from datetime import date
from typing import NamedTuple

import numpy as np

from analysis.demo.campaigns import Ledger, Messages, PastCampaigns, send
from analysis.demo.clock import DAY_SECONDS, Clock, make_clock
from analysis.demo.people import People, draw_people
from analysis.demo.purchases import Purchases, draw_purchases
from analysis.demo.reaction import Response, Treatment
from analysis.demo.subscriptions import (
    SubscriptionEvents,
    SubscriptionOrders,
    Subscriptions,
    run_subscriptions,
    sign_up,
)
from analysis.demo.truth import Truth, nothing_planted, planted

DEFAULT_END = date(2025, 12, 31)
DEFAULT_CUSTOMERS = 20_000
HISTORY_DAYS = 915
# How far beyond its end a shop is drawn. What lies there is written by `extend_shop` only.
DAYS_AHEAD = 180
PORTION_CUSTOMERS = 50_000
_PARTS = ("people", "times", "baskets", "terms", "courses", "campaigns", "messages", "response")


class Plan(NamedTuple):
    """What shop to generate.

    Attributes:
        customers: How many customers have come by the end.
        end: Last day.
        seed: Another seed gives another shop with the same truth.
        planted: Whether anything is planted.
    """

    customers: int = DEFAULT_CUSTOMERS
    end: date = DEFAULT_END
    seed: int = 1
    planted: bool = True

    @property
    def truth(self) -> Truth:
        """What is planted in the shop."""
        return planted() if self.planted else nothing_planted()

    @property
    def clock(self) -> Clock:
        """The shop's clock."""
        return make_clock(self.end, days=HISTORY_DAYS, busy=self.truth.busy_hours)

    @property
    def portions(self) -> int:
        """How many portions the shop has."""
        return -(-self.customers // PORTION_CUSTOMERS)


class Portion(NamedTuple):
    """What some of the shop's customers do, as far as it is drawn."""

    people: People
    purchases: Purchases
    subscriptions: Subscriptions
    subscription_orders: SubscriptionOrders
    subscription_events: SubscriptionEvents
    ledger: Ledger
    messages: Messages


def draw_portion(plan: Plan, number: int, response: Response | None = None) -> Portion:
    """Draw one portion of a shop.

    Args:
        plan: What shop.
        number: Which portion, from 0.
        response: Campaigns that change what is drawn.
    """
    rng = _generators(plan.seed, number)
    clock, truth = plan.clock, plan.truth
    people = _people(plan, number, rng["people"])
    signed = sign_up(rng["terms"], people, clock=clock, truth=truth)
    past = PastCampaigns(rng["campaigns"], truth.campaigns, people, signed.person, clock=clock)
    treatment = response and Treatment(response, people, clock=clock, known=len(truth.campaigns))

    def influence(
        order_no: int, day: np.ndarray, moment: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        surplus, other = past(order_no, day, moment)
        if treatment:
            more_surplus, more_other = treatment.factors(signed.person, order_no, moment)
            surplus, other = surplus * more_surplus, other * more_other
        return surplus, other

    subscriptions, orders, events = run_subscriptions(
        rng["courses"],
        signed,
        people,
        last_second=clock.end_second + DAYS_AHEAD * DAY_SECONDS,
        truth=truth,
        influence=influence,
    )
    # Stretching a week moves purchases within it: a week more, and nothing is missing at the end.
    horizon = clock.even_end + DAYS_AHEAD + 7
    purchases, buyers = draw_purchases(
        rng["times"], rng["baskets"], people, clock=clock, horizon=horizon, truth=truth
    )
    ledger, messages = past.ledger, send(rng["messages"], past.ledger, people)
    if treatment:
        purchases = treatment.purchases(
            rng["response"], purchases, buyers, clock=clock, horizon=horizon
        )
        sent = send(rng["response"], treatment.ledger, people)
        ledger = Ledger(*map(np.concatenate, zip(ledger, treatment.ledger, strict=True)))
        messages = Messages(*map(np.concatenate, zip(messages, sent, strict=True)))
    return Portion(people, purchases, subscriptions, orders, events, ledger, messages)


def _people(plan: Plan, number: int, rng: np.random.Generator) -> People:
    first = number * PORTION_CUSTOMERS
    numbers = np.arange(first, min(first + PORTION_CUSTOMERS, plan.customers)) + 1
    return draw_people(rng, numbers, clock=plan.clock, truth=plan.truth)


def _generators(seed: int, number: int) -> dict[str, np.random.Generator]:
    spawned = np.random.SeedSequence(seed, spawn_key=(number,)).spawn(len(_PARTS))
    return {
        part: np.random.Generator(np.random.PCG64(sequence))
        for part, sequence in zip(_PARTS, spawned, strict=True)
    }
