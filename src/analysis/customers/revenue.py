"""Where does revenue come from? First, second, third and later purchases, and subscriptions.

What went back has been taken off its purchase; refunds that belong to no order are taken off apart.
"""

from datetime import date

import pandas as pd

from analysis.errors import ParameterError
from analysis.language import _

SUBSCRIPTION = 0
REFUNDS_ALONE = -1
KINDS = (1, 2, 3, 4, SUBSCRIPTION, REFUNDS_ALONE)


def kind_label(kind: int) -> str:
    """Return the name of a kind of purchase as a reader sees it.

    >>> kind_label(2)
    'second purchase'
    """
    return {
        1: _("first purchase"),
        2: _("second purchase"),
        3: _("third purchase"),
        4: _("later purchases"),
        SUBSCRIPTION: _("subscription"),
        REFUNDS_ALONE: _("refunds without an order"),
    }[kind]


def revenue_split(days: pd.DataFrame, *, as_of: date, period_days: int) -> pd.DataFrame:
    """Add up revenue by kind of purchase in the last period and in the one before.

    Args:
        days: Columns `day`, `kind`, `purchases`, `amount_minor` (`sql/revenue_by_purchase.sql`).
        as_of: Last day of the period.
        period_days: Length of both periods.

    Returns:
        One row per kind that ever occurred: `kind`, `purchases`, `amount_minor`, `share`,
        `amount_before_minor`, `share_before`; shares are of what was paid for orders, and missing
        where nothing was, and of refunds without an order.

    Raises:
        ParameterError: The period is shorter than a day.
    """
    if period_days < 1:
        raise ParameterError(f"period_days == {period_days}, must be >= 1.")
    age = (pd.Timestamp(as_of) - days["day"]).dt.days
    occurred = set(days["kind"])
    kinds = [kind for kind in KINDS if kind in occurred]
    now = _by_kind(days[age.between(0, period_days - 1)], kinds)
    before = _by_kind(days[age.between(period_days, 2 * period_days - 1)], kinds)
    return pd.DataFrame(
        {
            "kind": kinds,
            "purchases": now["purchases"].to_numpy(),
            "amount_minor": now["amount_minor"].to_numpy(),
            "share": _shares(now["amount_minor"]),
            "amount_before_minor": before["amount_minor"].to_numpy(),
            "share_before": _shares(before["amount_minor"]),
        }
    )


def revenue_by_month(days: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """Add up revenue by calendar month and kind of purchase.

    Args:
        days: Columns `day`, `kind`, `amount_minor` (`sql/revenue_by_purchase.sql`).
        as_of: Last day that counts; the month that it does not complete is left out.

    Returns:
        One row per month that is over, one column per kind, amounts in minor units.
    """
    months = days["day"].dt.to_period("M")
    table = days.pivot_table(
        index=months, columns="kind", values="amount_minor", aggfunc="sum", fill_value=0
    )
    whole = table.index.end_time.normalize() <= pd.Timestamp(as_of)
    return table[whole].reindex(columns=[kind for kind in KINDS if kind in table.columns])


def _by_kind(days: pd.DataFrame, kinds: list[int]) -> pd.DataFrame:
    sums = days.groupby("kind")[["purchases", "amount_minor"]].sum()
    return sums.reindex(kinds, fill_value=0)


def _shares(amounts: pd.Series) -> pd.Series:
    paid = amounts.where(amounts.index != REFUNDS_ALONE)
    total = paid.sum()
    return (paid / total if total > 0 else paid * float("nan")).to_numpy(float)
