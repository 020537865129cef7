"""When is a product used up? Days to the next purchase of the same product, open waits included."""

import numpy as np
import pandas as pd

from analysis.survival import kaplan_meier, share_by

MIN_AT_RISK = 30
_QUARTERS = (0.25, 0.5, 0.75)


def replenishment(gaps: pd.DataFrame, *, within_days: int) -> pd.DataFrame:
    r"""Estimate for each product when customers buy it again, if they do.

    $F(t)$ is one minus the Kaplan-Meier estimate of not having bought it again, so waits that are
    still open count for as long as they have lasted; gaps of those who came back alone would seem
    too short. The interval of a product is $[t_{25}, t_{75}]$ with
    $t_q = \min \{t : F(t) \ge q F(\text{within\_days})\}$: when the middle half of those who buy
    again within `within_days` do so.

    Args:
        gaps: Columns product_no, gap_days, has_next, customers (`sql/product_gaps.sql`).
        within_days: How long a wait is followed, days.

    Returns:
        One row per product with 30 purchases or more that began at least `within_days` before the
        end of the data or were answered, the most answered first: product_no, purchases, answered
        (within `within_days`), again_share with again_low and again_high ($F$ at `within_days`),
        early_days, middle_days, late_days ($t_{25}, t_{50}, t_{75}$), middle_low, middle_high (95%
        of $t_{50}$), due (customers whose wait is now between $t_{25}$ and $t_{75}$).
    """
    rows = []
    for product_no, waits in gaps.groupby("product_no", sort=True):
        row = _of_product(waits, within_days=within_days)
        if row:
            rows.append({"product_no": product_no, **row})
    columns = ["product_no", "purchases", "answered", "again_share", "again_low", "again_high"]
    columns += ["early_days", "middle_days", "late_days", "middle_low", "middle_high", "due"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["answered", "product_no"], ascending=[False, True], ignore_index=True)


def _of_product(waits: pd.DataFrame, *, within_days: int) -> dict[str, float] | None:
    curve = kaplan_meier(
        pd.DataFrame(
            {
                "duration": waits["gap_days"],
                "observed": waits["has_next"],
                "count": waits["customers"],
            }
        )
    )
    followed = curve[curve["duration"] >= within_days]["at_risk"]
    answered = int(curve.loc[curve["duration"] <= within_days, "events"].sum())
    if answered < MIN_AT_RISK or followed.empty or followed.iloc[0] < MIN_AT_RISK:
        return None
    share, low, high = share_by(curve, within_days)
    early, middle, late = (_day(curve, "survival", part * share) for part in _QUARTERS)
    open_waits = waits[~waits["has_next"].astype(bool)]
    due = open_waits.loc[open_waits["gap_days"].between(early, late), "customers"].sum()
    return {
        "purchases": int(waits["customers"].sum()),
        "answered": answered,
        "again_share": share,
        "again_low": low,
        "again_high": high,
        "early_days": early,
        "middle_days": middle,
        "late_days": late,
        # The band of the curve crosses the same level earlier and later than the curve.
        "middle_low": _day(curve, "low", share / 2),
        "middle_high": _day(curve, "high", share / 2),
        "due": int(due),
    }


def _day(curve: pd.DataFrame, column: str, share: float) -> float:
    """Return the first day by which the share has bought again, infinite where never."""
    reached = (1 - curve[column] >= share - 1e-12).to_numpy()
    return float(curve["duration"].iloc[int(reached.argmax())]) if reached.any() else np.inf


def steadiness(table: pd.DataFrame) -> pd.Series:
    r"""Return how tightly a product's purchases follow each other, 0 none to 1 like a clock.

    $1 - (t_{75} - t_{25}) / t_{50}$, not below 0: a product that is used up has a rhythm, one that
    is bought on occasion has none.
    """
    spread = (table["late_days"] - table["early_days"]) / table["middle_days"].clip(lower=1)
    return (1 - spread).clip(lower=0)
