"""Campaign files read and checked: a refusal names the file, the key and the fix."""

import difflib
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.assignment import CONTROL, TREATMENT
from analysis.campaigns.campaign import (
    CHANNELS,
    METRICS,
    PER_ORDER,
    SPLITS,
    Campaign,
    Guardrail,
    Kpi,
    Step,
)
from analysis.campaigns.fields import Fields
from analysis.campaigns.rules import read_rule
from analysis.errors import ParameterError
from analysis.names import shown_name
from analysis.yaml_file import read_yaml

_NOT_IN_FILE = ("campaign_id", "shop", "product_names")
_SHARE_SLACK = 1e-9


def list_campaigns(shop: str) -> list[str]:
    """Return the names of a shop's campaigns that have a file."""
    return sorted(path.stem for path in (paths.campaigns_folder() / shop).glob("*.yaml"))


def read_campaigns(shop: str, names: Sequence[str] = ()) -> list[Campaign]:
    """Read and check campaign files of a shop, in the order of their first days.

    Args:
        shop: The shop's name.
        names: The campaigns wanted; none for all.

    Raises:
        ParameterError: There is no such file, a file is wrong, or two have the same salt.
    """
    campaigns = [read_campaign(shop, name) for name in names or list_campaigns(shop)]
    for one, other in combinations(campaigns, 2):
        if one.salt == other.salt:
            raise ParameterError(
                f"campaigns/{shop}/{other.campaign_id}.yaml: salt == '{other.salt}' is that of "
                f"campaigns/{shop}/{one.campaign_id}.yaml: with one salt both treat the same "
                f"customers, and neither could be told from the other. Give it one of its own."
            )
    return sorted(campaigns, key=lambda campaign: (campaign.starts_on, campaign.campaign_id))


def read_campaign(shop: str, name: str) -> Campaign:
    """Read and check one campaign file.

    Raises:
        ParameterError: There is no such file, or a key of it is missing, unknown or wrong.
    """
    known = list_campaigns(shop)
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        there = ", ".join(known) or f"campaigns/{shop}/ is empty"
        hint = f"did you mean '{close[0]}'?" if close else f"known campaigns: {there}."
        raise ParameterError(f"There is no campaign '{name}' of shop '{shop}': {hint}")
    return read_campaign_file(paths.campaigns_folder() / shop / f"{name}.yaml", shop=shop)


def read_campaign_file(file: Path, *, shop: str) -> Campaign:
    """Read and check a campaign file wherever it lies.

    Raises:
        ParameterError: It is no YAML, or a key of it is missing, unknown or wrong.
    """
    where = f"campaigns/{shop}/{file.name}"
    return _campaign(read_yaml(file, where=where), campaign_id=file.stem, shop=shop, where=where)


def _campaign(content: Any, *, campaign_id: str, shop: str, where: str) -> Campaign:
    fields = Fields(content, where)
    fields.allow([name for name in Campaign._fields if name not in _NOT_IN_FILE])
    starts_on = fields.day("starts_on")
    holdout_share = fields.number("holdout_share", above=0, high=0.95)
    campaign = Campaign(
        campaign_id=campaign_id,
        shop=shop,
        title=shown_name(fields.text("title")),
        hypothesis=fields.text("hypothesis"),
        owner=shown_name(fields.text("owner")),
        segment=read_rule(fields.inner("segment").content, where=f"{where}: segment"),
        starts_on=starts_on,
        ends_on=fields.day("ends_on", starts_on),
        readout_on=fields.day("readout_on"),
        steps=_steps(fields),
        offer=fields.text("offer", ""),
        contact_cost_minor=fields.whole("contact_cost_minor"),
        offer_cost_minor=fields.whole("offer_cost_minor", 0),
        margin_share=fields.number("margin_share", above=0, high=1),
        primary=_kpi(fields.inner("primary")),
        secondary=tuple(_kpi(part) for part in fields.several("secondary")),
        guardrails=tuple(_guardrail(part) for part in fields.several("guardrails")),
        expected_effect=fields.number("expected_effect"),
        holdout_share=holdout_share,
        arms=_arms(fields, holdout_share),
        salt=fields.text("salt"),
        quiet_days=fields.whole("quiet_days", 0),
        pre_period_days=fields.whole("pre_period_days", 180, low=1),
        winsorize_share=fields.number("winsorize_share", 0.0, low=0, high=0.9999),
        split_by=fields.texts("split_by", ()),
        finding=fields.text("finding", ""),
    )
    _check_together(campaign, fields)
    return campaign


def _steps(fields: Fields) -> tuple[Step, ...]:
    steps = []
    for part in fields.several("steps"):
        part.allow(Step._fields)
        part.choose("channel", part.text("channel"), CHANNELS)
        steps.append(Step(part.whole("day"), part.text("channel"), part.text("message")))
    if not steps:
        fields.refuse("lacks the key 'steps': say what is sent, on which day and channel")
    return tuple(sorted(steps, key=lambda step: step.day))


def _kpi(fields: Fields, *, beside: tuple[str, ...] = ()) -> Kpi:
    fields.allow((*Kpi._fields, *beside))
    fields.choose("metric", fields.text("metric"), METRICS)
    kpi = Kpi(
        metric=fields.text("metric"),
        window_days=fields.whole("window_days", low=1),
        order_no=fields.whole("order_no", 0, low=2),
        product_ids=fields.texts("product_ids", ()),
        reasons=fields.texts("reasons", ()),
        value_minor=fields.whole("value_minor", 0, low=1),
    )
    for key, metric in (
        ("order_no", "continuation"),
        ("product_ids", "bought_product"),
        ("reasons", "cancellation"),
    ):
        if key in fields.content and kpi.metric != metric:
            fields.refuse(f"has the key '{key}', which only the metric {metric} takes: remove it")
    if kpi.metric == "continuation" and not kpi.order_no:
        fields.refuse("lacks the key 'order_no': say which order is to be reached")
    if kpi.metric == "bought_product" and not kpi.product_ids:
        fields.refuse("lacks the key 'product_ids': say which products count")
    if kpi.is_money and kpi.value_minor:
        fields.refuse(f"has the key 'value_minor', but {kpi.metric} is money itself: remove it")
    return kpi


def _guardrail(fields: Fields) -> Guardrail:
    kpi = _kpi(fields, beside=("non_inferiority_margin",))
    return Guardrail(kpi, fields.number("non_inferiority_margin", above=0))


def _arms(fields: Fields, holdout_share: float) -> tuple[tuple[str, float], ...]:
    if fields.content.get("arms") is None:
        return ((TREATMENT, 1 - holdout_share),)
    shares = fields.inner("arms")
    if not shares.content or CONTROL in shares.content:
        shares.refuse(f"must name the arms that are treated; '{CONTROL}' is the holdout_share")
    arms = tuple((arm, float(shares.number(arm, above=0, high=1))) for arm in shares.content)
    total = sum(share for _arm, share in arms) + holdout_share
    if abs(total - 1) > _SHARE_SLACK:
        shares.refuse(f"and holdout_share add up to {total:g}, must be 1")
    return arms


def _check_together(campaign: Campaign, fields: Fields) -> None:
    if campaign.ends_on < campaign.starts_on:
        fields.refuse_value("ends_on", f">= starts_on ({campaign.starts_on})")
    if campaign.readout_on <= campaign.starts_on:
        fields.refuse_value("readout_on", f"after starts_on ({campaign.starts_on})")
    if campaign.readout_on <= campaign.last_window_day:
        fields.refuse_value(
            "readout_on",
            f"after {campaign.last_window_day}: until then windows of customers assigned on "
            f"{campaign.ends_on} are open",
        )
    if campaign.primary.metric in PER_ORDER:
        fields.inner("primary").refuse_value(
            "metric",
            "revenue or margin, which are per customer, as what treating costs is: orders that are "
            "worth more may be fewer. Keep it under secondary or guardrails",
        )
    if campaign.cost_minor and not campaign.primary.is_money and not campaign.primary.value_minor:
        fields.refuse(
            f"lacks the key 'value_minor' under primary: treating a customer costs "
            f"{campaign.cost_minor}, so say what one more {campaign.primary.metric} is worth"
        )
    if campaign.expected_effect == 0:
        fields.refuse_value("expected_effect", "another number than 0: what do you hope for?")
    for split in campaign.split_by:
        fields.choose("split_by", split, SPLITS)
