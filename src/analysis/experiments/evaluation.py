"""Every campaign of a shop, judged as assigned: trust first, then effects, then the verdict."""

from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple

import pandas as pd

from analysis.assignment import CONTROL
from analysis.campaigns import Campaign, with_product_names
from analysis.errors import DataError
from analysis.experiments import trust
from analysis.experiments.conditions import (
    ledger_conditions,
    outcome_conditions,
    planned_shares,
)
from analysis.experiments.corrections import holm
from analysis.experiments.decision import (
    GUARDRAIL_CONFIDENCE,
    Money,
    Rail,
    Stakes,
    Verdict,
    customers_needed,
    decide,
    judge_rail,
    profit_per_thousand,
)
from analysis.experiments.effects import Effect, effect_of, without_estimate
from analysis.experiments.gather import gather
from analysis.experiments.sample import Measure, Sample, asked_sizes
from analysis.experiments.segments import Split, splits
from analysis.experiments.sequential import Look, look_day, look_that_counts, widened
from analysis.findings import Check
from analysis.shop import Shop

State = Literal["planned", "waiting", "interim", "judged"]
_LEDGER_COLUMNS = ("campaign_id", "customer_id", "arm", "assigned_at")


class ArmResult(NamedTuple):
    """What one treatment did.

    Attributes:
        arm: The treatment arm.
        primary: Its effect on the deciding metric.
        verdict: What follows.
        guardrails: What must not be damaged.
        secondary: Effects on what else is hoped for.
        revenue: Its effect on revenue in the deciding metric's window: what was sold, what was
            caused.
        profit: What treating 1,000 customers earns after costs; None where it has no value.
        needed: Customers that would tell the hoped-for effect from break-even; None where no
            number would.
        splits: The effect by group, to explore.
    """

    arm: str
    primary: Effect
    verdict: Verdict
    guardrails: tuple[Rail, ...]
    secondary: tuple[Effect, ...]
    revenue: Effect | None
    profit: Money | None
    needed: int | None
    splits: tuple[Split, ...]


class Evaluation(NamedTuple):
    """One test as of a day.

    Attributes:
        name: The campaign's ID, or the file's name.
        title: The campaign's name on pages.
        state: `planned` (nobody is assigned yet), `waiting` (before the readout day), `interim`
            (a look before it), `judged`.
        as_of: Day up to which outcomes are read.
        sizes: Arm to customers as assigned.
        stakes: What the deciding metric is worth.
        checks: Conditions of trust; one that fails makes the verdict "cannot be judged".
        results: One for each treatment arm; empty before the readout day without a look.
        left_out: Customers the deciding metric cannot be asked of.
        campaign: What the file says; None for a test from a data file.
        ratio_p: P-value of arms as large as found, if drawn as planned.
        alike_p: Smallest p-value of arms that were alike before the assignment.
    """

    name: str
    title: str
    state: State
    as_of: date | None
    sizes: dict[str, int]
    stakes: Stakes
    checks: tuple[Check, ...] = ()
    results: tuple[ArmResult, ...] = ()
    left_out: int = 0
    campaign: Campaign | None = None
    ratio_p: float | None = None
    alike_p: float | None = None

    @property
    def can_be_judged(self) -> bool:
        """Whether no condition of trust has failed."""
        return all(check.passed for check in self.checks)


def stakes_of(campaign: Campaign) -> Stakes:
    """Return what a campaign's deciding metric is worth."""
    return Stakes(float(campaign.cost_minor), campaign.value_minor, campaign.expected_effect)


def evaluate_all(
    shop: Shop,
    campaigns: Sequence[Campaign],
    *,
    grace_days: int,
    look: Look = "none",
    max_stale_days: int = 14,
) -> list[Evaluation]:
    """Evaluate each campaign as of the shop's day.

    Args:
        shop: The shop.
        campaigns: What the files say.
        grace_days: How late a subscription order may come and still count as come.
        look: Whether and how to look before the readout day.
        max_stale_days: How long the shop's orders may end before outcomes are read.
    """
    campaigns = with_product_names(shop, campaigns)
    if not set(_LEDGER_COLUMNS) <= set(shop.engine.tables.get("assignments", {})):
        return [_planned(campaign) for campaign in campaigns]
    ledgers = shop.reduce("campaign_ledger")
    return [
        evaluate(
            shop,
            campaign,
            ledgers,
            grace_days=grace_days,
            look=look,
            max_stale_days=max_stale_days,
        )
        for campaign in campaigns
    ]


def _planned(campaign: Campaign) -> Evaluation:
    return Evaluation(
        name=campaign.campaign_id,
        title=campaign.title,
        state="planned",
        as_of=None,
        sizes={},
        stakes=stakes_of(campaign),
        campaign=campaign,
    )


def evaluate(
    shop: Shop,
    campaign: Campaign,
    ledgers: pd.DataFrame,
    *,
    grace_days: int,
    look: Look = "none",
    max_stale_days: int = 14,
) -> Evaluation:
    """Evaluate one campaign from its ledger and the shop's orders, as assigned.

    Args:
        shop: The shop.
        campaign: What the file says.
        ledgers: What `sql/campaign_ledger.sql` returned.
        grace_days: How late a subscription order may come and still count as come.
        look: Whether and how to look before the readout day.
        max_stale_days: How long the shop's orders may end before outcomes are read.
    """
    written = ledgers[ledgers["campaign_id"] == campaign.campaign_id]
    base = _planned(campaign)
    if written.empty:
        return base
    is_due = shop.as_of >= campaign.readout_on
    day = campaign.readout_on if is_due else look_day(campaign, look=look, as_of=shop.as_of)
    base = base._replace(sizes=_sizes(written), as_of=day or shop.as_of)
    if day is None:
        return base._replace(state="waiting")
    base = base._replace(state="judged" if is_due else "interim")
    try:
        found = gather(shop, campaign, as_of=base.as_of, grace_days=grace_days)
    except DataError as error:
        return base._replace(checks=(Check("ledger_can_be_read", False, str(error)),))
    checks = (
        trust.orders_reach_readout(shop.last_day, as_of=base.as_of, max_stale_days=max_stale_days),
        *ledger_conditions(shop, campaign, written),
        *outcome_conditions(shop, campaign, found, base.as_of),
    )
    base = base._replace(
        checks=checks,
        left_out=found.left_out,
        ratio_p=trust.sample_ratio_p_value(found.sample.sizes, planned_shares(campaign)),
        alike_p=trust.least_alike(found.sample)[0],
    )
    if asked_sizes(found.primary, found.sample).min() < trust.MIN_CUSTOMERS:
        return base
    results = judge(
        found.sample,
        found.primary,
        secondary=found.secondary,
        guardrails=found.guardrails,
        revenue=found.revenue,
        stakes=base.stakes,
        can_be_judged=base.can_be_judged,
        look=look_that_counts(campaign, look),
        is_last=is_due,
    )
    return base._replace(results=tuple(results))


def judge(
    sample: Sample,
    primary: Measure,
    *,
    secondary: Sequence[Measure] = (),
    guardrails: Sequence[tuple[Measure, float]] = (),
    revenue: Measure | None = None,
    stakes: Stakes,
    can_be_judged: bool,
    look: Look = "none",
    is_last: bool = True,
) -> list[ArmResult]:
    """Return the effects and the verdict of each treatment arm.

    With several treatment arms the intervals that decide are wider (Bonferroni), and p-values of
    the deciding metric are Holm's over all arms; those of secondary metrics are Holm's among
    themselves.

    Args:
        sample: Who was in which arm.
        primary: What decides.
        secondary: What else is hoped for.
        guardrails: What must not be damaged, with the largest damage that is accepted.
        revenue: What customers paid, for what was sold and what was caused.
        stakes: What the deciding metric is worth.
        can_be_judged: Whether all conditions of trust hold.
        look: How often one looks.
        is_last: Whether this is the readout.
    """
    arms = sample.arms[1:]
    confidence = 1 - 0.05 / len(arms)
    deciding = holm(
        [
            widened(
                effect_of(primary, sample, arm, confidence=confidence), look=look, is_last=is_last
            )
            for arm in arms
        ]
    )
    others = holm(
        [_shown(effect_of(measure, sample, arm)) for arm in arms for measure in secondary]
    )
    results = []
    for arm, effect in zip(arms, deciding, strict=True):
        rails = [
            judge_rail(
                _shown(effect_of(measure, sample, arm, confidence=GUARDRAIL_CONFIDENCE)), margin
            )
            for measure, margin in guardrails
        ]
        verdict = decide(effect, stakes, rails) if can_be_judged else "cannot_be_judged"
        results.append(
            ArmResult(
                arm=arm,
                primary=effect,
                verdict=verdict,
                guardrails=tuple(rails),
                secondary=tuple(each for each in others if each.arm == arm),
                revenue=effect_of(revenue, sample, arm) if revenue else None,
                profit=profit_per_thousand(effect, stakes),
                needed=customers_needed(effect, stakes),
                splits=tuple(splits(primary, sample, arm)),
            )
        )
    return results


def _shown(effect: Effect) -> Effect:
    """Return an effect without its estimate where too few customers could be asked."""
    fewest = min(effect.control_customers, effect.treated_customers)
    return effect if fewest >= trust.MIN_CUSTOMERS else without_estimate(effect)


def _sizes(written: pd.DataFrame) -> dict[str, int]:
    sizes = dict(zip(written["arm"], written["customers"].astype(int), strict=True))
    first = {CONTROL: sizes.pop(CONTROL)} if CONTROL in sizes else {}
    return first | sizes
