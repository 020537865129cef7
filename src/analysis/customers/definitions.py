"""One shop, many "repeat rates": what tools call so, side by side, from the same orders."""

import numpy as np
import pandas as pd

from analysis.customers.months import last_whole_month
from analysis.customers.silence import FIXED_DORMANCY_DAYS
from analysis.intervals import wilson
from analysis.shop import Shop

# The rates that are shares of people and so have an interval.
_PROPORTIONS = (
    "second_in_window",
    "second_ever",
    "bought_both_months",
    "returning_share",
    "within_fixed_days",
)


def definition_rates(shop: Shop, steps: pd.DataFrame) -> pd.DataFrame:
    """Return the same shop's rate under each definition.

    Args:
        shop: The shop.
        steps: What `step_conversion` returned: its first row is this report's own definition.

    Returns:
        One row per definition: `name`, `numerator`, `denominator`, `rate`, and `low`, `high` where
        it is a share of people; a rate without a denominator is missing.
    """
    frame = shop.reduce(
        "definition_counts",
        month_no=last_whole_month(shop.as_of),
        fixed_days=FIXED_DORMANCY_DAYS,
    )
    return _rates(frame.iloc[0].to_dict(), steps)


def _rates(counts: dict[str, int], steps: pd.DataFrame) -> pd.DataFrame:
    first = steps[steps["purchase_no"] == 1]
    own = (int(first["converted"].iloc[0]), int(first["customers"].iloc[0])) if len(first) else None
    parts = {
        "second_in_window": own or (0, 0),
        "second_ever": (counts["repeat_customers"], counts["customers"]),
        "bought_both_months": (counts["both_months_buyers"], counts["month_before_buyers"]),
        "month_on_month": (counts["month_buyers"], counts["month_before_buyers"]),
        "returning_share": (counts["month_returning"], counts["month_buyers"]),
        "mean_of_most": (counts["purchases"], counts["customers"] * counts["most_purchases"]),
        "within_fixed_days": (counts["within_fixed_days"], counts["customers"]),
    }
    rates = pd.DataFrame(
        [(name, *part) for name, part in parts.items()],
        columns=["name", "numerator", "denominator"],
    )
    known = rates["denominator"] > 0
    share = rates["name"].isin(_PROPORTIONS) & known
    rates["rate"] = (rates["numerator"] / rates["denominator"].where(known)).astype(float)
    interval = wilson(rates["numerator"].where(share, 0), rates["denominator"].where(share, 0))
    rates["low"], rates["high"] = np.where(share, interval, np.nan)
    return rates
