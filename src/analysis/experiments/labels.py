"""What arms, conditions and columns are called on pages, and how many people are."""

from collections.abc import Mapping

from analysis.language import _, join_list
from analysis.suppression import write_people


def arms_in_words(arms: Mapping[str, int]) -> str:
    """Write arms with their customers.

    >>> arms_in_words({"control": 120, "treatment": 80})
    'control 120, treatment 80'
    """
    return join_list(f"{arm_label(arm)} {write_people(count)}" for arm, count in arms.items())


def arm_label(arm: str) -> str:
    """Return what an arm is called on a page; a campaign's own arms have their own names.

    >>> arm_label("control"), arm_label("coupon")
    ('control', 'coupon')
    """
    return {"control": _("control"), "treatment": _("treatment")}.get(arm, arm)


def check_label(name: str) -> str:
    """Return a condition's name in a few words.

    >>> check_label("arms_are_there")
    'arms are there'
    """
    names = {
        "arms_are_there": _("arms are there"),
        "arms_were_alike": _("arms were alike"),
        "assigned_once": _("assigned once"),
        "enough_happened": _("enough happened"),
        "ledger_can_be_read": _("ledger can be read"),
        "ledger_is_as_written": _("ledger is as written"),
        "orders_reach_readout": _("orders reach readout"),
        "outcomes_are_decided": _("outcomes are decided"),
        "overlaps_are_independent": _("overlaps are independent"),
        "ratio_is_as_planned": _("ratio is as planned"),
        "windows_are_closed": _("windows are closed"),
    }
    return names[name]


def before_label(name: str) -> str:
    """Say what of the time before is meant; a column of a file has its own name.

    >>> before_label("amount_before_minor"), before_label("visits_earlier")
    ('amount before', 'visits earlier')
    """
    names = {"orders_before": _("orders before"), "amount_before_minor": _("amount before")}
    return names.get(name, name.replace("_", " ").removesuffix(" minor"))
