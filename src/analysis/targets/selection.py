"""Whom does a campaign reach today? From the rule to the customers who can be assigned."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from analysis import ledger
from analysis.campaigns import Campaign, Condition, Group, Rule, condition_names, matches
from analysis.campaigns.words import choice_label
from analysis.errors import DataError, ParameterError
from analysis.language import _
from analysis.shop import Shop
from analysis.targets.division import global_holdout_salt, in_global_holdout
from analysis.targets.facts import CONSENT_COLUMNS, Facts, check_choices

State = Literal["due", "planned", "over", "missed"]
_TEMPLATE_SALT = "template-"


class Selection(NamedTuple):
    """A due campaign's customers, and how many were left after each step.

    Attributes:
        campaign: What the file says.
        matched: Customers to whom the rule applies, whatever they allow.
        assigned_before: Of these, customers whom the campaign has assigned already.
        consenting: Customers left after those who allow no channel of the campaign's messages.
        rested: Customers left after those who got a message within the campaign's quiet days.
        free: Customers left after those in other running tests.
        late: Customers left after the global holdout who came too late: the campaign assigns on
            one day only, and has done so.
        customers: Customers left after the global holdout and these: those assigned today.
        problem: Why nobody can be assigned, in a sentence; empty where nothing is wrong.
    """

    campaign: Campaign
    matched: int
    assigned_before: int
    consenting: int
    rested: int
    free: int
    late: int
    customers: np.ndarray
    problem: str = ""


def assignment_day(as_of: date) -> date:
    """Return the day on which customers are assigned: the morning after the report's day.

    >>> assignment_day(date(2025, 12, 31))
    datetime.date(2026, 1, 1)
    """
    return as_of + timedelta(days=1)


def state_of(campaign: Campaign, *, as_of: date, assigned: int) -> State:
    """Return whether a campaign assigns customers on the morning after a day.

    Args:
        campaign: What the file says.
        as_of: The report's day.
        assigned: How many customers the campaign has assigned up to that morning.
    """
    day = assignment_day(as_of)
    if day < campaign.starts_on:
        return "planned"
    if day <= campaign.ends_on:
        return "due"
    return "over" if assigned else "missed"


def without_consent(rule: Rule) -> Rule | None:
    """Return a rule without what it asks of consent, so that consent can be counted apart.

    Consent stands beside other conditions under `all` only, as `campaigns.rules.read_rule` demands.

    >>> without_consent(Condition("consent", choices=("email",))) is None
    True
    """
    if isinstance(rule, Condition):
        return None if rule.name == "consent" else rule
    kept = tuple(part for part in map(without_consent, rule.rules) if part is not None)
    return Group(rule.joint, kept) if kept else None


def select(
    shop: Shop,
    campaign: Campaign,
    facts: Facts,
    *,
    in_other_tests: np.ndarray,
    global_holdout_share: float,
) -> Selection:
    """Return whom a campaign assigns on the morning after the shop's day.

    Whoever the shop knows nothing of never matches, and consent that is not recorded is none.

    Args:
        shop: The shop.
        campaign: What the file says.
        facts: What is known of customers as of the shop's day.
        in_other_tests: Customers of the facts who are in another running test.
        global_holdout_share: Share of all customers whom every campaign of the half-year leaves
            alone.

    Raises:
        DataError: A table that the rule or the channels need is missing.
        ParameterError: The file is still the template, or its salt is the global holdout's.
    """
    _check(campaign, shop.as_of)
    held = facts.frame(condition_names(campaign.segment))
    rule = without_consent(campaign.segment)
    matched = np.ones(len(held), dtype=bool)
    if rule is not None:
        matched = matches(rule, held, bought=facts.bought)
    before = matched & facts.index.isin(assigned_customers(shop, campaign.campaign_id))
    left = matched & ~before
    steps = [left := left & _allowed(campaign, facts)]
    steps.append(left := left & ~_contacted(shop, campaign, facts))
    steps.append(left := left & ~in_other_tests)
    ids = facts.index.to_numpy()[left]
    kept = in_global_holdout(assignment_day(shop.as_of), ids, share=global_holdout_share)
    # A campaign of one day assigns everybody at once; a second run adds nobody.
    is_closed = bool(before.any()) and campaign.ends_on == campaign.starts_on
    chosen = ids[~kept]
    consenting, rested, free = (int(step.sum()) for step in steps)
    return Selection(
        campaign=campaign,
        matched=int(matched.sum()),
        assigned_before=int(before.sum()),
        consenting=consenting,
        rested=rested,
        free=free,
        late=len(chosen) if is_closed else 0,
        customers=chosen[:0] if is_closed else chosen,
        problem=_problem(campaign, facts, int(matched.sum()), consenting, int(before.sum())),
    )


def _check(campaign: Campaign, as_of: date) -> None:
    where = f"campaigns/{campaign.shop}/{campaign.campaign_id}.yaml"
    if campaign.salt.startswith(_TEMPLATE_SALT):
        raise ParameterError(
            f"{where} is still the template: salt == '{campaign.salt}'. Go through every key, and "
            f"give it a salt of its own, such as '{campaign.starts_on:%Y-%m}-{campaign.shop}'."
        )
    if campaign.salt == global_holdout_salt(assignment_day(as_of)):
        raise ParameterError(
            f"{where}: salt == '{campaign.salt}' is that of the global holdout, which would take "
            f"one arm away: give it one of its own."
        )
    check_choices(campaign.segment, where=where)


def _allowed(campaign: Campaign, facts: Facts) -> np.ndarray:
    asked = [channel for channel in campaign.channels if channel in CONSENT_COLUMNS]
    allowed = np.ones(len(facts.index), dtype=bool)
    if asked and len(asked) == len(campaign.channels):
        # A letter or a call needs no consent here; a campaign with one reaches everybody.
        allowed = np.logical_or.reduce([facts.consents(channel) for channel in asked])
    if "consent" in condition_names(campaign.segment):
        allowed &= matches(campaign.segment, facts.customers, bought=facts.bought)
    return allowed


def _contacted(shop: Shop, campaign: Campaign, facts: Facts) -> np.ndarray:
    if not campaign.quiet_days or "contacts" not in shop.engine.tables:
        return np.zeros(len(facts.index), dtype=bool)
    found = shop.reduce("target_contacted", quiet_days=campaign.quiet_days)
    return facts.index.isin(found["customer_id"])


def assigned_customers(shop: Shop, campaign_id: str) -> np.ndarray:
    """Return whom a campaign has assigned up to the morning after the shop's day.

    Raises:
        DataError: The ledger was changed after it was written.
    """
    broken = ledger.broken_seals(shop.file.name, campaign_id)
    if broken:
        raise DataError(
            f"The ledger of campaign '{campaign_id}' was changed after it was written "
            f"({', '.join(broken)}): nobody is assigned until the file is restored from a copy."
        )
    return assignments_of(shop, campaign_id)["customer_id"].to_numpy(dtype=object)


def assignments_of(shop: Shop, campaign_id: str) -> pd.DataFrame:
    """Return `customer_id`, `arm` and `assigned_day` of a campaign up to the shop's next morning.

    From the ledger's files, which lie on this machine whatever engine the shop has, and for
    campaigns without any from the shop's table `assignments`.
    """
    day = assignment_day(shop.as_of)
    written = ledger.read_ledger(shop.file.name, campaign_id)
    if len(written):
        days = pd.to_datetime(written["assigned_at"]).dt.normalize()
        rows = written.assign(assigned_day=days)[days <= pd.Timestamp(day)]
        return rows[["customer_id", "arm", "assigned_day"]]
    if "assignments" not in shop.engine.tables:
        return pd.DataFrame({"customer_id": [], "arm": [], "assigned_day": []})
    return shop.reduce("target_assigned", campaign_id=campaign_id, as_of=day)


def in_running_tests(
    shop: Shop,
    campaign: Campaign,
    campaigns: Sequence[Campaign],
    facts: Facts,
    *,
    chosen: Mapping[str, np.ndarray],
) -> np.ndarray:
    """Return which customers are in a test of another campaign that has not been read out yet.

    In either arm: controls of a test are to hear from nobody.

    Args:
        shop: The shop.
        campaign: The campaign that looks for customers.
        campaigns: All campaigns of the shop.
        facts: What is known of customers as of the shop's day.
        chosen: Campaign to the customers who were chosen for it in the same run.
    """
    taken = np.zeros(len(facts.index), dtype=bool)
    for other in campaigns:
        if other.campaign_id == campaign.campaign_id or other.readout_on <= shop.as_of:
            continue
        # A ledger that was tampered with is told of where its own campaign is due or judged.
        taken |= facts.index.isin(assignments_of(shop, other.campaign_id)["customer_id"])
        if other.campaign_id in chosen:
            taken |= facts.index.isin(chosen[other.campaign_id])
    return taken


def _problem(campaign: Campaign, facts: Facts, matched: int, consenting: int, before: int) -> str:
    if not matched:
        return _("Nobody matches the rule as of {day}: is a condition too narrow?").format(
            day=facts.as_of
        )
    if consenting or before:
        return ""
    asked = [channel for channel in campaign.channels if channel in CONSENT_COLUMNS]
    unknown = [channel for channel in asked if not facts.is_recorded(channel)]
    if unknown:
        return _(
            "Nobody may be written to: the shop's customers hold no consent to {channels}. Import "
            "an export of customers that does."
        ).format(channels=_(" or ").join(choice_label(channel) for channel in unknown))
    return _("Nobody who matches the rule allows a channel of this campaign.")
