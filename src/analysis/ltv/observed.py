"""What have customers been worth so far? Facts only, and no customer too young to tell."""

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.errors import ParameterError
from analysis.intervals import z_score
from analysis.shop import Shop

MIN_GROUP = 30
_SHORTER_WINDOWS_DAYS = (180, 90, 30)


class ObservedValue(NamedTuple):
    """Mean amount per customer within a window from the first purchase.

    Attributes:
        mean_minor: Mean over the customers of mature cohorts, in minor units.
        low_minor: Lower end of its 95% interval.
        high_minor: Upper end of its 95% interval.
        customers: Customers of mature cohorts.
        window_days: Length of the window, the day of the first purchase included.
    """

    mean_minor: float
    low_minor: float
    high_minor: float
    customers: int
    window_days: int


def mature_window(first_days: pd.Series, *, as_of: date, wanted_days: int) -> int:
    """Return the longest window, up to the one wanted, that a cohort has lived through.

    Args:
        first_days: Day of each customer's first purchase.
        as_of: Day that the report speaks of.
        wanted_days: Window asked for.

    Returns:
        The window wanted, or else the longest of 180, 90 and 30 days with at least 30 customers in
        mature cohorts, or 0 where there is none.

    Raises:
        ParameterError: The window is shorter than a day.
    """
    if wanted_days < 1:
        raise ParameterError(f"value_window_days == {wanted_days}, must be >= 1.")
    for window_days in (wanted_days, *_SHORTER_WINDOWS_DAYS):
        if (
            window_days <= wanted_days
            and mature_rows(first_days, as_of, window_days).sum() >= MIN_GROUP
        ):
            return window_days
    return 0


def read_values(shop: Shop, *, wanted_days: int) -> tuple[pd.DataFrame, int]:
    """Read what each customer paid within the longest window that a cohort has lived through.

    Args:
        shop: The shop.
        wanted_days: Window asked for.

    Returns:
        `sql/observed_value.sql` and the window, 0 where no cohort is old enough for any.

    Raises:
        ParameterError: The window is shorter than a day.
    """
    values = shop.reduce("observed_value", window_days=max(wanted_days, 1))
    window_days = mature_window(values["first_day"], as_of=shop.as_of, wanted_days=wanted_days)
    if window_days not in (0, wanted_days):
        values = shop.reduce("observed_value", window_days=window_days)
    return values, window_days


def observed_value(values: pd.DataFrame, *, as_of: date, window_days: int) -> ObservedValue | None:
    """Average what customers of mature cohorts paid within the window, or return None without any.

    Args:
        values: Columns `first_day` and `amount_minor` (`sql/observed_value.sql`, same window).
        as_of: Day that the report speaks of.
        window_days: Length of the window.
    """
    amounts = values.loc[mature_rows(values["first_day"], as_of, window_days), "amount_minor"]
    if window_days < 1 or len(amounts) < MIN_GROUP:
        return None
    return ObservedValue(*_mean_interval(amounts), len(amounts), window_days)


def observed_value_by_cohort(
    values: pd.DataFrame, *, as_of: date, window_days: int
) -> pd.DataFrame:
    """Average what customers paid within the window, by month of the first purchase.

    A cohort is mature when the window of its last possible customer is over. An immature cohort
    shows its size only: counted so far, the last cohorts would always seem to be worth less.

    Args:
        values: Columns `first_day` and `amount_minor` (`sql/observed_value.sql`, same window).
        as_of: Day that the report speaks of.
        window_days: Length of the window.

    Returns:
        One row a month: `cohort` (month), `customers`, `is_mature`, `mean_minor`, `low_minor`,
        `high_minor`; the means are missing for immature cohorts and for fewer than 30 customers.
    """
    mature = mature_rows(values["first_day"], as_of, window_days)
    rows = []
    for month, group in values.groupby(values["first_day"].dt.to_period("M"), sort=True):
        is_mature = bool(mature[group.index].all())
        shown = is_mature and len(group) >= MIN_GROUP
        interval = _mean_interval(group["amount_minor"]) if shown else (np.nan,) * 3
        rows.append((month, len(group), is_mature, *interval))
    return pd.DataFrame(
        rows, columns=["cohort", "customers", "is_mature", "mean_minor", "low_minor", "high_minor"]
    )


def first_month_share(first_days: pd.Series) -> float:
    """Return the share of customers who first appear within 30 days of the first order.

    Where it is large, the data begins later than the shop: most "first" purchases are not first.
    """
    return float((first_days < first_days.min() + timedelta(days=30)).mean())


def mature_rows(first_days: pd.Series, as_of: date, window_days: int) -> pd.Series:
    """Return whether the window of the last possible customer of each one's month is over."""
    month_ends = first_days.dt.to_period("M").dt.end_time.dt.normalize()
    return month_ends + timedelta(days=window_days - 1) <= pd.Timestamp(as_of)


def _mean_interval(amounts: pd.Series) -> tuple[float, float, float]:
    mean = float(amounts.mean())
    margin = z_score(0.95) * float(amounts.std(ddof=1)) / float(np.sqrt(len(amounts)))
    return mean, mean - margin, mean + margin
