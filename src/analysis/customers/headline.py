"""The first screen of the customer report: its large numbers, each with the period before."""

import pandas as pd

from analysis.customers.balance import Balance
from analysis.customers.recorded import count_interval
from analysis.findings import Metric
from analysis.language import _
from analysis.style import format_count, format_money, format_share, with_interval


def headline(
    now: Balance,
    before: Balance | None,
    steps: pd.DataFrame,
    *,
    period_days: int,
    window_days: int,
    currency: str,
) -> list[Metric]:
    """Return the numbers of the first screen, each with that of the period before."""

    def compared(label: str, name: str) -> str:
        if before is None:
            return label
        earlier = getattr(before, name)
        text = format_money(earlier, currency, whole=True) if name.endswith("minor") else None
        said = (
            _("{label} ({before} {days} days ago)")
            if name == "active_at_end"
            else _("{label} ({before} in the {days} before)")
        )
        return said.format(label=label, before=text or format_count(earlier), days=period_days)

    days = {"days": period_days}
    labels = {
        "active_at_end": _("active customers now"),
        "new_customers": _("new customers in {days} days").format(**days),
        "returning_customers": _("returning customers in {days} days").format(**days),
        "came_back": _("came back after going quiet"),
        "went_quiet": _("went quiet"),
    }
    metrics = [
        Metric(
            name="customers",
            label=_("customers in all"),
            text=format_count(now.customers),
            value=now.customers,
            unit="customers",
        ),
        *(
            Metric(
                name,
                compared(label, name),
                format_count(count),
                count,
                *count_interval(name, count),
                unit="customers",
            )
            for name, label in labels.items()
            for count in (getattr(now, name),)
        ),
        Metric(
            name=f"revenue_{period_days}d_minor",
            label=compared(_("revenue in {days} days").format(**days), "amount_minor"),
            text=format_money(now.amount_minor, currency, whole=True),
            value=now.amount_minor,
            unit="minor",
        ),
    ]
    return [*metrics, *_second_purchase(steps, window_days=window_days)]


def _second_purchase(steps: pd.DataFrame, *, window_days: int) -> list[Metric]:
    first = steps[steps["purchase_no"] == 1]
    if first.empty:
        return []
    row = first.iloc[0]
    return [
        Metric(
            name=f"second_purchase_{window_days}d_share",
            label=_("of first-time buyers buy again within {days} days").format(days=window_days),
            text=with_interval(*(format_share(row[end]) for end in ("share", "low", "high"))),
            value=float(row["share"]),
            low=float(row["low"]),
            high=float(row["high"]),
            n=int(row["customers"]),
            unit="share",
        )
    ]
