"""The tables of what customers were worth and cost, as a reader sees them."""

import numpy as np
import pandas as pd

from analysis.codes import code_label
from analysis.figures import Table
from analysis.language import _
from analysis.products.tables.cells import MOST_ROWS, intervals
from analysis.style import (
    NOTHING,
    format_money,
    format_signed_share,
)


def first_product_table(values: pd.DataFrame, names: pd.Series, *, currency: str) -> Table:
    """Return what customers paid by first product as a table for a page."""
    return _value_table(values, names, of=_("first product"), currency=currency)


def source_table(values: pd.DataFrame, *, currency: str) -> Table:
    """Return what customers paid by source as a table for a page."""
    sources = values["source"].drop_duplicates()
    return _value_table(
        values,
        sources.set_axis(sources.to_numpy()).map(code_label),
        of=_("source"),
        currency=currency,
    )


def _value_table(groups: pd.DataFrame, labels: pd.Series, *, of: str, currency: str) -> Table:
    key = groups.columns[1]
    last = groups[groups["window_days"] == groups["window_days"].max()].head(MOST_ROWS)
    columns = {of: [labels[name] for name in last[key]]}
    for days, part in groups.groupby("window_days", sort=True):
        rows = part.set_index(key).reindex(last[key])
        columns[_("{days} days").format(days=days)] = [
            _value(row, currency) for _name, row in rows.iterrows()
        ]
        if days == groups["window_days"].max():
            columns[_("95% interval")] = intervals(
                rows, "low", "high", lambda minor: format_money(minor, currency, whole=True)
            )
            columns[_("customers")] = rows["n"].astype(int).to_numpy()
            columns[_("as counted")] = [
                format_money(minor, currency, whole=True) for minor in rows["mean"]
            ]
    caption = _("Paid per customer since the first order, drawn towards all; * rests mostly on all")
    return Table(pd.DataFrame(columns), caption)


def _value(row: pd.Series, currency: str) -> str:
    if pd.isna(row["shrunk"]):
        return NOTHING
    return format_money(row["shrunk"], currency, whole=True) + ("*" if row["is_marked"] else "")


def payback_table(returns: pd.DataFrame, *, window_days: int, currency: str) -> Table:
    """Return cost, profit within the window and payback month by source as a table for a page."""

    def money(minor: float) -> str:
        return format_money(minor, currency, whole=True)

    frame = pd.DataFrame(
        {
            _("source"): returns["source"].map(code_label),
            _("customers"): returns["n"],
            _("cost per customer"): [money(minor) for minor in returns["cost_per_customer_minor"]],
            _("earned within {days} days").format(days=window_days): [
                money(minor) for minor in returns["earned_minor"]
            ],
            _("95% interval"): intervals(returns, "earned_low", "earned_high", money),
            _("earned over cost"): [
                format_signed_share(share) for share in returns["return_share"]
            ],
            _("paid back in month"): [
                _("not yet") if np.isnan(month) else f"{month:.0f}"
                for month in returns["payback_month"]
            ],
        }
    )
    return Table(frame, _("What winning a customer cost and what the customer earned, by source"))
