"""Which arm does a customer of a campaign belong to? By the campaign's salt and shares alone."""

from collections.abc import Iterable

import numpy as np

from analysis.assignment import CONTROL, assignment_shares
from analysis.campaigns.campaign import Campaign


def assigned_arms(campaign: Campaign, customer_ids: Iterable[str]) -> np.ndarray:
    """Return the arm of each customer: treatment arms in the order of the file, then control.

    With one treatment arm this is what `analysis.assignment.arms` returns. A larger first arm never
    moves one of its customers to another.

    Args:
        campaign: What the file says.
        customer_ids: The customers.
    """
    names = np.array([*(arm for arm, _share in campaign.arms), CONTROL], dtype=object)
    ends = np.cumsum([share for _arm, share in campaign.arms])
    places = assignment_shares(campaign.salt, customer_ids)
    return names[np.searchsorted(ends, places, side="right")]
