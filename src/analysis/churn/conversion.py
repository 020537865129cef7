"""How many one-off buyers buy again, and when? From purchase to purchase, waits cut by the day."""

from typing import NamedTuple

import pandas as pd

from analysis.churn.transitions import MIN_AT_RISK
from analysis.errors import ParameterError
from analysis.shop import Shop
from analysis.survival import kaplan_meier, share_by

LAST_ORDER_NO = 5


class Conversion(NamedTuple):
    """From the n-th purchase to the next.

    Attributes:
        order_no: The purchase, n.
        customers: Who made it.
        window_days: Days within which the next one counts.
        share: Share who make the next one within the window.
        low: Lower end of its 95% interval.
        high: Upper end.
        known: Customers whose window is over.
        half_days: Days by which half of those who come within the window have come.
        ever: Share who have come back so far, the young customers' youth held against them.
        curve: What `kaplan_meier` returned.
    """

    order_no: int
    customers: int
    window_days: int
    share: float
    low: float
    high: float
    known: int
    half_days: float
    ever: float
    curve: pd.DataFrame


def conversions(shop: Shop, *, window_days: int) -> list[Conversion]:
    """Estimate from the waits between purchase days how many come back within a window.

    Waits that the as-of day has cut count as long as they have lasted (Kaplan-Meier), so young
    customers neither lower the share nor are left out.

    Args:
        shop: Any shop.
        window_days: Days within which the next purchase counts.

    Returns:
        One for each purchase from the first to the fifth of which at least 30 customers have waited
        for the whole window or came back in it.

    Raises:
        ParameterError: The window is shorter than a day.
    """
    if window_days < 1:
        raise ParameterError(f"window_days == {window_days}, must be >= 1.")
    waits = shop.reduce("order_gaps", purchase_type="one_off", last_order_no=LAST_ORDER_NO)
    found = []
    for order_no, rows in waits.groupby("order_no"):
        known = rows[rows["has_next"] | (rows["gap_days"] >= window_days)]
        if known["customers"].sum() >= MIN_AT_RISK and (rows["gap_days"] >= window_days).any():
            found.append(
                _conversion(int(order_no), rows, int(known["customers"].sum()), window_days)
            )
    return found


def _conversion(order_no: int, rows: pd.DataFrame, known: int, window_days: int) -> Conversion:
    curve = kaplan_meier(
        rows.rename(columns={"gap_days": "duration", "has_next": "observed", "customers": "count"})
    )
    share, low, high = share_by(curve, window_days)
    half = curve[1 - curve["survival"] >= share / 2]["duration"]
    total = int(rows["customers"].sum())
    came = int(rows.loc[rows["has_next"], "customers"].sum())
    return Conversion(
        order_no, total, window_days, share, low, high, known,
        float(half.iloc[0]) if share > 0 and len(half) else float("nan"), came / total, curve,
    )  # fmt: skip


def widest_gap(found: list[Conversion]) -> Conversion | None:
    """Return the purchase after which the fewest come back, of those whose share is known."""
    return min(found, key=lambda one: one.share, default=None)


def is_below_all_others(lowest: Conversion, found: list[Conversion]) -> bool:
    """Return whether there are others, and all their intervals lie above this one's."""
    others = [one.low for one in found if one.order_no != lowest.order_no]
    return bool(others) and lowest.high < min(others)
