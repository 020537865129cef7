"""Hopes and reasons in words, as the target report's sentences, tables and charts share them."""

from analysis.campaigns import Campaign
from analysis.campaigns.campaign import LOWER_IS_BETTER
from analysis.experiments.words import write_difference
from analysis.language import _
from analysis.targets.acting import Action


def unit_of(campaign: Campaign) -> str:
    """Return the unit of what decides a campaign."""
    if campaign.primary.is_rate:
        return "share"
    return "minor" if campaign.primary.is_money else "count"


def write_hope(campaign: Campaign, currency: str) -> str:
    """Write the effect that a campaign expects.

    It is for the better whatever its sign in the file: of cancellations, a fall.
    """
    sign = -1 if campaign.primary.metric in LOWER_IS_BETTER else 1
    effect = sign * abs(campaign.expected_effect)
    return write_difference(effect, unit_of(campaign), currency)


def write_detectable(action: Action, currency: str) -> str:
    """Write the smallest effect that a campaign's list can tell, without a sign."""
    told = action.prospect
    if told is None or told.detectable is None:
        return _("not known")
    return write_difference(told.detectable, unit_of(action.campaign), currency).lstrip("+")


def reason_in_words(reason: str) -> str:
    """Say why a treated customer is in no list; see `lists`."""
    return {
        "does not allow the channel": _("allow another channel only"),
        "refuses the channel in the export of customers": _("refused since, by the export"),
        "shares an address with a customer in control": _("share an address with control"),
        "no address in the export of customers": _("have no address in the export"),
        "address cannot be used": _("have an address that cannot be used"),
        "address of a role": _("have the address of a role"),
        "same address as another customer of the list": _("share an address with another"),
    }[reason]
