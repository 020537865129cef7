"""What the customer report records for the shop's page, beside those of its first screen."""

import pandas as pd

from analysis.customers.balance import Balance
from analysis.customers.revenue import KINDS, REFUNDS_ALONE, SUBSCRIPTION
from analysis.findings import Metric
from analysis.intervals import poisson, z_score
from analysis.language import _
from analysis.style import format_count, format_money

_GROUPS = {
    "all": KINDS,
    "first": (1,),
    "second": (2,),
    "later": (3, 4),
    "subscription": (SUBSCRIPTION,),
    "refunds_alone": (REFUNDS_ALONE,),
}
_COUNTED = ("new_customers", "returning_customers", "came_back", "went_quiet")


def recorded(
    before: Balance | None,
    days: pd.DataFrame,
    *,
    as_of: object,
    period_days: int,
    currency: str,
) -> list[Metric]:
    """Return revenue by kind of purchase and people, each in the period and in the one before.

    Args:
        before: The period before the last one, None where the orders do not reach back over it.
        days: Columns `day`, `kind`, `amount_minor` (`sql/revenue_by_purchase.sql`).
        as_of: Last day of the period.
        period_days: Length of both periods.
        currency: ISO code.
    """
    metrics = revenue_metrics(
        days,
        as_of=as_of,
        period_days=period_days,
        currency=currency,
        is_before_known=before is not None,
    )
    if before is None:
        return metrics
    return metrics + [
        Metric(
            f"{name}_before",
            people_label(name),
            format_count(getattr(before, name)),
            getattr(before, name),
            *(count_interval(name, getattr(before, name))),
            unit="customers",
        )
        for name in (*_COUNTED, "active_at_end")
    ]


def count_interval(name: str, count: int) -> tuple[float | None, float | None]:
    """Return what a period like this would count by chance, none for a stock of customers.

    Customers come and go independently of each other, so their numbers vary as Poisson counts do.
    """
    if name not in _COUNTED:
        return None, None
    low, high = poisson(count)
    return float(low), float(high)


def people_label(name: str) -> str:
    """Return what a count of customers is called."""
    return {
        "active_at_end": _("active customers"),
        "new_customers": _("new customers"),
        "returning_customers": _("returning customers"),
        "came_back": _("came back after going quiet"),
        "went_quiet": _("went quiet"),
    }[name]


def revenue_metrics(
    days: pd.DataFrame, *, as_of: object, period_days: int, currency: str, is_before_known: bool
) -> list[Metric]:
    """Return revenue by kind of purchase in the last period and in the one before.

    Interval: of the sum of so many days, from how much its days differ from each other. Refunds
    without an order are told as what went back, above zero.
    """
    age = (pd.Timestamp(as_of) - days["day"]).dt.days
    labels = {
        "all": _("revenue"),
        "first": _("first orders"),
        "second": _("second orders"),
        "later": _("later orders"),
        "subscription": _("subscription"),
        "refunds_alone": _("less refunds without an order"),
    }
    periods = {"": 0} | ({"before": period_days} if is_before_known else {})
    metrics = []
    for group, kinds in _GROUPS.items():
        of_group = days["kind"].isin(kinds)
        if not of_group.any():
            continue
        sign = -1 if group == "refunds_alone" else 1
        for period, start in periods.items():
            counted = of_group & age.between(start, start + period_days - 1)
            amounts = sign * days.loc[counted, "amount_minor"].groupby(age[counted]).sum()
            total, low, high = _sum_of_days(amounts, period_days)
            ending = f"_{period}" if period else ""
            metrics.append(
                Metric(
                    f"revenue_{group}_{period_days}d{ending}_minor",
                    labels[group],
                    format_money(total, currency, whole=True),
                    total,
                    low,
                    high,
                    unit="minor",
                )
            )
    return metrics


def _sum_of_days(amounts: pd.Series, period_days: int) -> tuple[int, float | None, float | None]:
    """Return a sum over days, those without an amount included, with its interval."""
    total = int(amounts.sum())
    if period_days < 2:
        return total, None, None
    mean = total / period_days
    empty = period_days - len(amounts)
    squares = float(((amounts - mean) ** 2).sum()) + empty * mean**2
    error = z_score(0.95) * (squares / (period_days - 1) * period_days) ** 0.5
    # Only where more went back than was paid is a sum below zero, and may be lower still.
    low = total - error if total < 0 else max(total - error, 0.0)
    return total, low, total + error
