"""Counts and steps in words, as the target report's sentences, tables and charts share them."""

from analysis.campaigns import Campaign
from analysis.campaigns.campaign import LOWER_IS_BETTER
from analysis.experiments.labels import arm_label
from analysis.experiments.words import write_difference
from analysis.language import _, join_list
from analysis.style import format_count
from analysis.targets.acting import Action

_FEW = 10


def write_people(count: int) -> str:
    """Write how many people, so that no small group can be told.

    >>> write_people(0), write_people(7), write_people(1200)
    ('0', 'under 10', '1,200')
    """
    return _("under {few}").format(few=_FEW) if 0 < count < _FEW else format_count(count)


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


def arms_in_words(arms: dict[str, int]) -> str:
    """Write arms with their customers.

    >>> arms_in_words({"control": 120, "treatment": 80})
    'control 120, treatment 80'
    """
    return join_list(f"{arm_label(arm)} {write_people(count)}" for arm, count in arms.items())


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
