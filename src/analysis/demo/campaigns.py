"""What did the demo shop's campaigns do? Ledgers written first, then messages, then effects."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analysis.assignment import TREATMENT, arms
from analysis.demo.clock import DAY_SECONDS, Clock
from analysis.demo.people import People, customer_ids
from analysis.demo.truth import Campaign

MESSAGE_CHANNELS = ("email", "line")
# Order 2 leads into a campaign, which is about the decision after order 3.
TRIGGER_ORDER, DECISION_ORDER = 2, 3
_ASSIGNED_AT, _WAIT = 10 * 3600, 2 * 3600
_OPENS, _CLICKS = 0.35, 0.2
NEVER = -1


class Ledger(NamedTuple):
    """Who was assigned to what, one row a customer and campaign.

    Attributes:
        campaign: Position in the list of campaigns.
        person: Position of the customer in the portion.
        treated: Whether in the treatment arm.
        assigned: Second since the clock's day 0.
    """

    campaign: np.ndarray
    person: np.ndarray
    treated: np.ndarray
    assigned: np.ndarray


class Messages(NamedTuple):
    """Messages: campaign, customer, seconds of sending, opening and clicking (-1 for never)."""

    campaign: np.ndarray
    person: np.ndarray
    channel: np.ndarray
    sent: np.ndarray
    opened: np.ndarray
    clicked: np.ndarray


class PastCampaigns:
    """The planted campaigns at work: they fill the ledger and change what subscribers decide."""

    def __init__(
        self,
        rng: np.random.Generator,
        campaigns: Sequence[Campaign],
        people: People,
        subscribers: np.ndarray,
        *,
        clock: Clock,
    ) -> None:
        """Prepare the campaigns of one portion of the shop.

        Args:
            rng: Decides which rows a broken ledger loses.
            campaigns: What is planted.
            people: The customers.
            subscribers: Position of the customer of each subscription.
            clock: The shop's clock.
        """
        self.campaigns, self.people = campaigns, people
        self.subscribers, self.clock = subscribers, clock
        self.kept = rng.random(len(subscribers))
        self.surplus_factor = np.ones(len(subscribers))
        self.other_factor = np.ones(len(subscribers))
        self.rows: list[Ledger] = []

    def __call__(
        self, order_no: int, day: np.ndarray, _moment: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return what multiplies the chances to cancel; see `subscriptions.Influence`."""
        if order_no == TRIGGER_ORDER:
            for number, campaign in enumerate(self.campaigns):
                self._assign(number, campaign, day)
        if order_no == DECISION_ORDER:
            return self.surplus_factor, self.other_factor
        return np.ones(len(day)), np.ones(len(day))

    def _assign(self, number: int, campaign: Campaign, day: np.ndarray) -> None:
        last = self.clock.end - 1
        reachable = (self.people.email | self.people.line)[self.subscribers]
        # The shop's day 0 stands for subscriptions that have ended; campaigns begin later.
        inside = (day >= max(last - campaign.first_day, 1)) & (day <= last - campaign.last_day)
        who = np.flatnonzero(reachable & inside)
        ids = customer_ids(self.people.number[self.subscribers[who]])
        arm = arms(campaign.campaign_id, ids, treated_share=campaign.treated_share)
        treated = arm == TREATMENT
        self.surplus_factor[who[treated]] = campaign.surplus_factor
        self.other_factor[who[treated]] = campaign.other_factor
        kept = ~(treated & (self.kept[who] < campaign.lost_share))
        assigned = (day[who] + 1) * DAY_SECONDS + _ASSIGNED_AT
        self.rows.append(
            Ledger(
                np.full(kept.sum(), number),
                self.subscribers[who[kept]],
                treated[kept],
                assigned[kept],
            )
        )

    @property
    def ledger(self) -> Ledger:
        """All rows written so far."""
        empty = Ledger(*(np.zeros(0, dtype) for dtype in (int, int, bool, int)))
        return Ledger(*(np.concatenate(column) for column in zip(empty, *self.rows, strict=True)))


def send(rng: np.random.Generator, ledger: Ledger, people: People) -> Messages:
    """Send a message to everybody in the treatment arm who allows it, two hours later."""
    allowed = ledger.treated & (people.email | people.line)[ledger.person]
    rows = Ledger(*(column[allowed] for column in ledger))
    size = len(rows.person)
    jitter = np.floor(rng.random(size) * 1800).astype(np.int64)
    sent = rows.assigned + _WAIT + jitter
    opened = sent + 60 + np.floor(rng.standard_exponential(size) * 6 * 3600).astype(np.int64)
    clicked = opened + 5 + np.floor(rng.standard_exponential(size) * 60).astype(np.int64)
    opens = rng.random(size) < _OPENS
    clicks = opens & (rng.random(size) < _CLICKS)
    return Messages(
        campaign=rows.campaign,
        person=rows.person,
        channel=np.where(people.email[rows.person], 0, 1),
        sent=sent,
        opened=np.where(opens, opened, NEVER),
        clicked=np.where(clicks, clicked, NEVER),
    )
