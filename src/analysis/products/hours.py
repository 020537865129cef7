"""When do people buy? Orders by hour and weekday in shop time, and whether hours differ at all."""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from analysis.intervals import wilson

HOURS_A_WEEK = 168
# Orders that all carry midnight carry no time at all.
_MOST_AT_MIDNIGHT = 0.9


class BusyHours(NamedTuple):
    """The three hours in a row that bring most orders, and whether hours differ at all.

    Attributes:
        weekday: 1 Monday to 7 Sunday.
        hour: The first of the three hours, 0 to 21.
        share: Of all orders.
        low: Lower end of its 95% interval.
        high: Upper end of its 95% interval.
        orders: All orders.
        times_even: Share over the share of three hours if all were alike.
        p_value: Of the test that all hours of the week are alike.
    """

    weekday: int
    hour: int
    share: float
    low: float
    high: float
    orders: int
    times_even: float
    p_value: float


def has_hours(frame: pd.DataFrame) -> bool:
    """Return whether orders carry a time of day.

    Args:
        frame: Columns weekday, hour, orders (`sql/orders_by_hour.sql`).
    """
    total = frame["orders"].sum()
    return bool(total and frame.loc[frame["hour"] == 0, "orders"].sum() < _MOST_AT_MIDNIGHT * total)


def week(frame: pd.DataFrame, *, of: Literal["orders", "customers"]) -> pd.DataFrame:
    """Arrange counts by weekday (rows, 1 to 7) and hour (columns, 0 to 23), nothing left out."""
    table = frame.pivot_table(index="weekday", columns="hour", values=of, aggfunc="sum")
    return table.reindex(index=range(1, 8), columns=range(24)).fillna(0).astype(int)


def busy_hours(frame: pd.DataFrame) -> BusyHours | None:
    r"""Find the three hours in a row with most orders, and test whether hours differ.

    The test is Pearson's $\chi^2$ of the 168 hours against an even week.

    Args:
        frame: Columns weekday, hour, orders (`sql/orders_by_hour.sql`).

    Returns:
        The busy hours, or None where orders carry no time of day.
    """
    if not has_hours(frame):
        return None
    counts = week(frame, of="orders").to_numpy()
    total = int(counts.sum())
    three = counts[:, :-2] + counts[:, 1:-1] + counts[:, 2:]
    day, hour = np.unravel_index(int(three.argmax()), three.shape)
    most = int(three[day, hour])
    even = total / HOURS_A_WEEK
    statistic = float(((counts - even) ** 2).sum() / even)
    low, high = wilson(most, total)
    return BusyHours(
        weekday=int(day) + 1,
        hour=int(hour),
        share=most / total,
        low=float(low),
        high=float(high),
        orders=total,
        times_even=most / (3 * even),
        p_value=float(chdtrc(HOURS_A_WEEK - 1, statistic)),
    )
