"""What a campaign file holds: decided before anything is sent, so that the result can judge it."""

from datetime import date, timedelta
from typing import Literal, NamedTuple, get_args

from analysis.campaigns.rules import Rule

Metric = Literal[
    "orders",
    "revenue",
    "margin",
    "average_order_value",
    "purchase",
    "bought_product",
    "continuation",
    "cancellation",
]
Channel = Literal["email", "line", "sms", "post", "phone"]
SplitBy = Literal["source", "region", "orders_before"]

METRICS: tuple[str, ...] = get_args(Metric)
CHANNELS: tuple[str, ...] = get_args(Channel)
SPLITS: tuple[str, ...] = get_args(SplitBy)

# Share of customers to whom something happened; the others are amounts or counts per customer,
# but for the average order value, which is an amount per order.
RATES = ("purchase", "bought_product", "continuation", "cancellation")
PER_ORDER = ("average_order_value",)
MONEY = ("revenue", "margin", "average_order_value")
LOWER_IS_BETTER = ("cancellation",)


class Step(NamedTuple):
    """One message of a campaign.

    Attributes:
        day: Days after the assignment.
        channel: How it is sent.
        message: What it says, in words.
    """

    day: int
    channel: str
    message: str


class Kpi(NamedTuple):
    """What is measured of every assigned customer, within a window that starts at the assignment.

    Attributes:
        metric: One of `METRICS`.
        window_days: Days from the assignment on that count; the day of the assignment is the first.
        order_no: For `continuation`, the order that is to be reached.
        product_ids: For `bought_product`, the products; any of them counts.
        reasons: For `cancellation`, the reasons that count, codes of `cancel_reasons` in the shop's
            file; none for all.
        value_minor: What one more of it is worth in margin, in minor units, for metrics that are
            no money themselves.
    """

    metric: Metric
    window_days: int
    order_no: int = 0
    product_ids: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    value_minor: int = 0

    @property
    def is_rate(self) -> bool:
        """Whether it is a share of customers."""
        return self.metric in RATES

    @property
    def is_money(self) -> bool:
        """Whether it is an amount in minor units."""
        return self.metric in MONEY


class Guardrail(NamedTuple):
    """What a campaign must not damage.

    Attributes:
        kpi: What is measured.
        non_inferiority_margin: The largest damage that is accepted, in units of the metric: a share
            of customers for rates, minor units for money.
    """

    kpi: Kpi
    non_inferiority_margin: float


class Campaign(NamedTuple):
    """What `campaigns/SHOP/NAME.yaml` says.

    Attributes:
        campaign_id: The file's name without its ending; the ledger names it so.
        shop: The shop's name.
        title: The campaign's name on pages.
        hypothesis: Why it should work.
        owner: Who decides what follows from the result.
        segment: Who is meant.
        starts_on: First day of assignment.
        ends_on: Last day of assignment.
        readout_on: Day on which the result is read, fixed before the start.
        steps: What is sent, and when.
        offer: What is offered, in words.
        contact_cost_minor: What reaching one customer costs, all steps together.
        offer_cost_minor: What the offer costs for one customer who is reached, on average.
        margin_share: What is left of revenue after the costs that grow with it.
        primary: What decides; never a metric per order, as treating costs per customer.
        secondary: What else is hoped for. The primary metric alone decides, so it is not corrected
            for these; these are corrected among themselves.
        guardrails: What must not be damaged.
        expected_effect: What is hoped for, per customer, in units of the primary metric.
        holdout_share: Share of the customers who are left alone, as control.
        arms: Treatment arms with their shares of all customers.
        salt: What customers are hashed with, one of its own for each campaign.
        quiet_days: Whoever got a message within so many days before is left out.
        pre_period_days: Days before the assignment that show what customers did anyway.
        winsorize_share: Amounts above this quantile of the customers who bought at all count as
            that much; 0 for as they are.
        split_by: By what the effect is looked at more closely; exploratory.
        finding: Name of the finding of a report that it acts on, or the beginning of one up to an
            underscore; empty where it comes from elsewhere.
        product_names: ID and name of the products that it names, where the shop has told them.
    """

    campaign_id: str
    shop: str
    title: str
    hypothesis: str
    owner: str
    segment: Rule
    starts_on: date
    ends_on: date
    readout_on: date
    steps: tuple[Step, ...]
    offer: str
    contact_cost_minor: int
    offer_cost_minor: int
    margin_share: float
    primary: Kpi
    secondary: tuple[Kpi, ...]
    guardrails: tuple[Guardrail, ...]
    expected_effect: float
    holdout_share: float
    arms: tuple[tuple[str, float], ...]
    salt: str
    quiet_days: int = 0
    pre_period_days: int = 180
    winsorize_share: float = 0.0
    split_by: tuple[str, ...] = ()
    finding: str = ""
    product_names: tuple[tuple[str, str], ...] = ()

    @property
    def cost_minor(self) -> int:
        """What treating one customer costs."""
        return self.contact_cost_minor + self.offer_cost_minor

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels of its steps, each once."""
        return tuple(dict.fromkeys(step.channel for step in self.steps))

    @property
    def last_window_day(self) -> date:
        """Last day of the longest window of whoever is assigned last, without the due-date rule."""
        kpis = (self.primary, *self.secondary, *(rail.kpi for rail in self.guardrails))
        return self.ends_on + timedelta(days=max(kpi.window_days for kpi in kpis) - 1)

    @property
    def value_minor(self) -> float:
        """What one more unit of the primary metric per customer is worth in margin, in minor units.

        Of margin 1, of revenue the margin share, of everything else what the file says; 0 where it
        says nothing.
        """
        if self.primary.metric == "margin":
            return 1.0
        return self.margin_share if self.primary.is_money else float(self.primary.value_minor)
