"""Campaigns as files: what is done, for whom, why, and by what it will be judged."""

from analysis.campaigns.assigning import assigned_arms
from analysis.campaigns.campaign import Campaign, Guardrail, Kpi, Step
from analysis.campaigns.naming import with_product_names
from analysis.campaigns.reading import list_campaigns, read_campaign, read_campaigns
from analysis.campaigns.rules import (
    Condition,
    Group,
    Rule,
    condition_names,
    matches,
    products_of,
)
from analysis.campaigns.words import kpi_in_words, segment_in_words

__all__ = [
    "Campaign",
    "Condition",
    "Group",
    "Guardrail",
    "Kpi",
    "Rule",
    "Step",
    "assigned_arms",
    "condition_names",
    "kpi_in_words",
    "list_campaigns",
    "matches",
    "products_of",
    "read_campaign",
    "read_campaigns",
    "segment_in_words",
    "with_product_names",
]
