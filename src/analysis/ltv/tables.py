"""The tables of the lifetime-value report, as a reader sees them."""

from datetime import date

import pandas as pd

from analysis.figures import Table
from analysis.language import _
from analysis.ltv.activity import STANDINGS, standing_label
from analysis.ltv.predictive import Outlook
from analysis.style import (
    format_date,
    format_interval,
    format_money,
    format_share,
)
from analysis.suppression import MIN_SHOWN


def outlook_table(
    groups: dict[str, Outlook],
    *,
    as_of: date,
    horizon_days: int,
    currency: str,
    margin_share: float | None = None,
) -> Table:
    """Return the expected purchases and value of each group of ten or more as a table for a page.

    Args:
        groups: Outlook by group, and `total`.
        as_of: Day of the report.
        horizon_days: Length of the horizon.
        currency: The shop's currency.
        margin_share: Gross profit per unit of revenue; with it, profit has a column too.
    """
    rows = [
        name
        for name in (*STANDINGS, "total")
        if name in groups and groups[name].customers >= MIN_SHOWN
    ]
    frame = pd.DataFrame(
        {
            _("customers by chance to be still one"): [standing_label(name) for name in rows],
            _("customers"): [groups[name].customers for name in rows],
            _("purchases expected"): [round(groups[name].purchases) for name in rows],
            _("value expected"): [
                format_money(groups[name].value_minor, currency, whole=True) for name in rows
            ],
            _("95% interval"): [
                format_interval(
                    groups[name].value_minor_low,
                    groups[name].value_minor_high,
                    lambda minor: format_money(minor, currency, whole=True),
                )
                for name in rows
            ],
            _("per customer"): [
                format_money(groups[name].value_minor / groups[name].customers, currency)
                for name in rows
            ],
        }
    )
    if margin_share:
        frame[_("profit, today's worth")] = [
            format_money(groups[name].lifetime_value_minor, currency, whole=True) for name in rows
        ]
    caption = _("Expected in the {days} days after {day}").format(
        days=horizon_days, day=format_date(as_of)
    )
    return Table(frame, caption)


def decile_table(paid: pd.DataFrame, expected: pd.DataFrame, *, currency: str) -> Table:
    """Return paid and expected value by decile of the customers as a table for a page."""
    frame = pd.DataFrame(
        {
            _("decile"): [f"{decile}" for decile in paid["decile"]],
            _("customers"): paid["customers"],
            _("paid so far, mean"): [format_money(minor, currency) for minor in paid["mean_minor"]],
            _("share"): [format_share(share) for share in paid["share"]],
            _("running share"): [format_share(share) for share in paid["running_share"]],
            _("expected, mean"): [
                format_money(minor, currency) for minor in expected["mean_minor"]
            ],
            _("expected, share"): [format_share(share) for share in expected["share"]],
        }
    )
    return Table(frame, _("Paid and expected value by decile"))
