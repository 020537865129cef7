"""Who is left alone, who gets what? Customers divided by salted hashes, in the engine."""

from collections.abc import Sequence
from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from analysis.assignment import CONTROL
from analysis.campaigns import Campaign
from analysis.engine import Workbench, workbench
from analysis.errors import ParameterError

# `analysis.assignment.assignment_share`, bit for bit: 13 hexadecimal digits are 52 bits, exact in a
# double, and 4503599627370496 is 16 to the 13th.
_PLACES = """
SELECT CAST(CAST('0x' || substr(sha256($salt || ':' || customer_id), 1, 13) AS UBIGINT) AS DOUBLE)
    / 4503599627370496.0 AS place
FROM wanted
"""


def places(salt: str, customer_ids: Sequence[str] | pd.Series | np.ndarray) -> np.ndarray:
    """Return the places of customers under a salt, from 0 up to below 1, computed in SQL.

    The same numbers as `analysis.assignment.assignment_shares`, in the order of the customers.

    >>> places("2026-07-winback", ["C000001", "C000002"]).round(12).tolist()
    [0.89108798177, 0.640526338406]
    """
    ids = pd.Series(customer_ids, dtype="str").reset_index(drop=True)
    if ids.empty:
        return np.zeros(0)
    with _bench().cursor() as bench:
        bench.register("wanted", pd.DataFrame({"customer_id": ids}))
        return bench.execute(_PLACES, {"salt": salt}).fetchnumpy()["place"]


@cache
def _bench() -> Workbench:
    """Return one connection for all divisions: to open it costs more than to divide thousands."""
    return workbench()


def divide(campaign: Campaign, customer_ids: Sequence[str] | pd.Series | np.ndarray) -> np.ndarray:
    """Return the arm of each customer, as `analysis.campaigns.assigned_arms` does, but in SQL.

    Treatment arms take up the places from 0 on, in the order of the campaign's file; whoever is
    left at the end is control. So a larger arm moves nobody from treatment to control.
    """
    names = np.array([arm for arm, _share in campaign.arms] + [CONTROL], dtype=object)
    limits = np.cumsum([share for _arm, share in campaign.arms])
    return names[np.searchsorted(limits, places(campaign.salt, customer_ids), side="right")]


def global_holdout_salt(day: date) -> str:
    """Return the salt of the global holdout, which is drawn anew every half-year.

    >>> global_holdout_salt(date(2026, 7, 1))
    'global-holdout-2026-2'
    """
    return f"global-holdout-{day.year}-{1 if day.month <= 6 else 2}"


def in_global_holdout(
    day: date, customer_ids: Sequence[str] | pd.Series | np.ndarray, *, share: float
) -> np.ndarray:
    """Return who is left alone by every campaign of the half-year.

    What all campaigns do together shows only in customers who got none of them.

    Args:
        day: Day of the assignment.
        customer_ids: The customers.
        share: Share that is left alone; 0 for nobody.

    Raises:
        ParameterError: The share is below 0 or above a half.
    """
    if not 0 <= share <= 0.5:
        raise ParameterError(f"global_holdout_share == {share:g}, must be from 0 to 0.5.")
    if not share:
        return np.zeros(len(customer_ids), dtype=bool)
    return places(global_holdout_salt(day), customer_ids) < share
