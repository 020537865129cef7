"""Who buys again? From purchase n to n + 1 within a window, of those who have had the time."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from analysis.customers.months import first_day_after, month_text
from analysis.intervals import wilson

MIN_GROUP = 30


def step_conversion(steps: pd.DataFrame) -> pd.DataFrame:
    """Return which share of the customers with n purchases made the next one within the window.

    Args:
        steps: Columns of `sql/purchase_steps.sql`, at one window.

    Returns:
        One row per n with at least 30 mature customers: `purchase_no`, `customers` (mature),
        `converted`, `share`, `low`, `high`, `naive_share` (next ever, of everybody), and
        `next_amount_minor`, the mean amount of those next purchases (missing without any).
    """
    kept = steps[steps["mature_customers"] >= MIN_GROUP].reset_index(drop=True)
    interval = wilson(kept["mature_next"], kept["mature_customers"])
    return pd.DataFrame(
        {
            "purchase_no": kept["purchase_no"],
            "customers": kept["mature_customers"],
            "converted": kept["mature_next"],
            "share": kept["mature_next"] / kept["mature_customers"],
            "low": interval.low,
            "high": interval.high,
            "naive_share": kept["next_ever"] / kept["customers"],
            "next_amount_minor": kept["mature_next_amount_minor"]
            / kept["mature_next"].replace(0, np.nan),
        }
    )


def second_purchase_by_cohort(
    cohorts: pd.DataFrame, *, as_of: date, window_days: int
) -> pd.DataFrame:
    """Return which share of each month's first-time buyers bought again within the window.

    A month is mature when the window of its last possible customer is over. The naive share, of
    everybody and counted so far, is the one that seems to fall in the last months.

    Args:
        cohorts: Columns of `sql/second_purchase_cohorts.sql`, at the same window.
        as_of: Day that the report speaks of.
        window_days: Length of the window.

    Returns:
        One row a month: `cohort`, `customers`, `is_mature`, `converted`, `share`, `low`, `high`,
        `naive_share`; the share is missing for immature months and fewer than 30 customers.
    """
    last_days = pd.to_datetime(cohorts["month_no"].map(first_day_after)) - timedelta(days=1)
    is_mature = last_days + timedelta(days=window_days) <= pd.Timestamp(as_of)
    shown = is_mature & (cohorts["customers"] >= MIN_GROUP)
    interval = wilson(cohorts["mature_second"], cohorts["mature_customers"])
    return pd.DataFrame(
        {
            "cohort": [month_text(no) for no in cohorts["month_no"]],
            "customers": cohorts["customers"],
            "is_mature": is_mature,
            "converted": cohorts["mature_second"],
            "share": (cohorts["mature_second"] / cohorts["customers"]).where(shown),
            "low": pd.Series(interval.low, index=cohorts.index).where(shown),
            "high": pd.Series(interval.high, index=cohorts.index).where(shown),
            "naive_share": cohorts["second_ever"] / cohorts["customers"],
        }
    )
