"""What is planted in the demo shop: every number that an analysis should find again.

The generator reads these values and nothing else decides what happens. They are written to
`truth.json` beside the tables for tests; no report reads it.
"""

import json
from typing import NamedTuple

REASONS = ("surplus", "no_effect", "price", "switch", "life_event", "procedure")
PAYMENT = "payment"


class Source(NamedTuple):
    """Where customers come from, what it costs, and how good they are.

    Attributes:
        name: As in the columns `source`.
        share: Of all customers.
        cost_per_customer_minor: Spent for one new customer, in minor units.
        r: Shape of purchase rates.
        alpha_weeks: Rate parameter of purchase rates, in weeks.
        a: First parameter of the chance to leave after a repeat purchase.
        b: Second parameter of that chance.
        p: Shape of a customer's amounts.
        q: Shape of the customers' own rates.
        v_minor: Scale of the customers' own rates, in minor units.
        price_weight: How much more often than elsewhere the price is a reason to cancel.
    """

    name: str
    share: float
    cost_per_customer_minor: int
    r: float
    alpha_weeks: float
    a: float
    b: float
    p: float
    q: float
    v_minor: float
    price_weight: float


class Hazards(NamedTuple):
    """How subscriptions end, by order number; the last value holds for all later orders.

    Attributes:
        surplus: Chance to cancel after order n because product is left over.
        other: Chance to cancel after order n for any other reason.
        discount_factor: Times `other` after order 1 of a discounted first order.
        payment_failure: Chance that a payment fails.
        payment_loss: Chance that a failed payment ends the subscription.
        skip: Chance to skip a cycle.
        pause: Chance to pause.
        never_resumed: Chance that a pause has no end.
        reason_missing: Chance that a cancellation has no reason.
    """

    surplus: tuple[float, ...]
    other: tuple[float, ...]
    discount_factor: float
    payment_failure: float
    payment_loss: float
    skip: float
    pause: float
    never_resumed: float
    reason_missing: float


class Campaign(NamedTuple):
    """A past campaign to subscribers who took order 2, about the decision after order 3.

    Attributes:
        campaign_id: Also the salt of its assignment.
        first_day: Days before the shop's end from which order 2 leads into the campaign.
        last_day: Days before the end up to which it does.
        treated_share: Of the assigned.
        surplus_factor: Times the chance to cancel after order 3 because of surplus, if treated.
        other_factor: Times the chance to cancel after order 3 for another reason, if treated.
        lost_share: Of the treated whose assignment is missing from the ledger.
    """

    campaign_id: str
    first_day: int
    last_day: int
    treated_share: float = 0.5
    surplus_factor: float = 1.0
    other_factor: float = 1.0
    lost_share: float = 0.0


class NextProduct(NamedTuple):
    """A product that draws the next purchase to another one, or to itself after a while.

    Attributes:
        product_id: What was bought.
        next_product_id: What the next purchase is drawn to.
        chance: That it is drawn; otherwise the next purchase is a product as anybody's.
        from_days: Least days between the two purchases.
        to_days: Most days between the two purchases.
    """

    product_id: str
    next_product_id: str
    chance: float
    from_days: int = 0
    to_days: int = 100_000


class Truth(NamedTuple):
    """Everything that is planted.

    Attributes:
        sources: Acquisition sources.
        hazards: How subscriptions end.
        commitment_orders: Orders that the offer with a commitment asks for.
        campaigns: Past campaigns.
        next_products: Products that draw the next purchase.
        reason_later_weights: Times the weight of a reason after order 4 and later.
        phone_procedure_weight: How much more often than on the web procedure is a phone
            customer's reason to cancel.
        busy_hours: Whether buying follows hours and weekdays; otherwise it is even.
    """

    sources: tuple[Source, ...]
    hazards: Hazards
    commitment_orders: int
    campaigns: tuple[Campaign, ...]
    next_products: tuple[NextProduct, ...]
    reason_later_weights: tuple[float, ...]
    phone_procedure_weight: float
    busy_hours: bool

    def to_json(self) -> str:
        """Return the values as JSON, keys as the attributes are named."""
        return json.dumps(_plain(self), indent=2, ensure_ascii=False)


def planted() -> Truth:
    """Return what the demo shop holds."""
    return Truth(
        sources=(
            Source("search", 0.35, 1_800, 0.60, 6.0, 0.60, 3.0, 6.0, 4.0, 2_900, 1.0),
            Source("social_ad", 0.30, 4_200, 0.40, 8.0, 1.00, 2.5, 6.0, 4.0, 2_200, 3.0),
            Source("affiliate", 0.20, 5_500, 0.35, 9.0, 1.20, 2.0, 6.0, 4.0, 2_000, 4.0),
            Source("referral", 0.15, 900, 0.90, 6.0, 0.50, 4.0, 6.0, 4.0, 3_400, 0.5),
        ),
        hazards=Hazards(
            surplus=(0.02, 0.03, 0.16, 0.03, 0.02),
            other=(0.13, 0.11, 0.09, 0.08, 0.07, 0.06),
            discount_factor=2.0,
            payment_failure=0.04,
            payment_loss=0.30,
            skip=0.10,
            pause=0.02,
            never_resumed=0.25,
            reason_missing=0.18,
        ),
        commitment_orders=3,
        campaigns=(
            Campaign("skip-guide", 630, 511, surplus_factor=0.15),
            Campaign("brand-story", 510, 391),
            Campaign("bulk-upsell", 390, 271, surplus_factor=1.5, other_factor=2.5),
            Campaign("line-coupon", 270, 151, lost_share=0.4),
        ),
        next_products=(
            NextProduct("P001", "P002", 0.30),
            NextProduct("P003", "P003", 0.60, 38, 52),
            NextProduct("P004", "P005", 0.15),
        ),
        reason_later_weights=(1.0, 0.6, 1.0, 2.0, 1.5, 1.0),
        phone_procedure_weight=4.0,
        busy_hours=True,
    )


def nothing_planted() -> Truth:
    """Return the same shop without anything to find, so that tests can demand silence."""
    truth = planted()
    average = Source("", 0.25, 3_000, 0.55, 7.0, 0.80, 3.0, 6.0, 4.0, 2_600, 1.0)
    return truth._replace(
        sources=tuple(
            average._replace(name=source.name, share=source.share) for source in truth.sources
        ),
        hazards=truth.hazards._replace(surplus=(0.03,), other=(0.09,), discount_factor=1.0),
        commitment_orders=1,
        campaigns=tuple(
            campaign._replace(surplus_factor=1.0, other_factor=1.0, lost_share=0.0)
            for campaign in truth.campaigns
        ),
        next_products=(),
        reason_later_weights=(1.0,) * len(REASONS),
        phone_procedure_weight=1.0,
        busy_hours=False,
    )


def _plain(value: object) -> object:
    if hasattr(value, "_asdict"):
        return {name: _plain(part) for name, part in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value
