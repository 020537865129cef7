"""What the sections on value and cost of customers say: results in, sentences out."""

import numpy as np
import pandas as pd

from analysis.codes import code_label
from analysis.language import _
from analysis.products.acquisition import Acquisition
from analysis.products.offers import Offers
from analysis.style import format_count, format_interval, format_money, format_share


def first_product_sentence(values: pd.DataFrame, offers: Offers, *, currency: str) -> str:
    """Say with which first product customers became worth most, and whether products differ."""
    return _value_sentence(values, offers.names, currency=currency)


def source_sentence(acquisition: Acquisition | None, *, currency: str) -> str:
    """Say from where the most valuable customers came, and whether sources differ at all."""
    if not acquisition:
        return _(
            "The shop's orders name no source, so nothing is told of where customers come from."
        )
    sources = acquisition.by_source["source"].drop_duplicates()
    labels = sources.set_axis(sources.to_numpy()).map(code_label)
    return _value_sentence(acquisition.by_source, labels, currency=currency)


def _value_sentence(groups: pd.DataFrame, labels: pd.Series, *, currency: str) -> str:
    if groups.empty:
        return _("No two groups have ten customers with 90 days behind them: too early to tell.")
    last = groups[groups["window_days"] == groups["window_days"].max()]
    best, least = last.loc[last["low"].idxmax()], last.loc[last["high"].idxmin()]

    def text(row: pd.Series) -> str:
        return _("{name}: {value} [{interval}], {n} customers").format(
            name=labels[row.iloc[1]],
            value=format_money(row["shrunk"], currency, whole=True),
            interval=format_interval(
                row["low"], row["high"], lambda minor: format_money(minor, currency, whole=True)
            ),
            n=format_count(row["n"]),
        )

    if best["low"] <= least["high"]:
        return _(
            "Within {days} days no group is surely worth more than another; the widest apart are "
            "{best}, and {least}."
        ).format(days=best["window_days"], best=text(best), least=text(least))
    return _("Worth most within {days} days: {best}. Worth least: {least}.").format(
        days=best["window_days"], best=text(best), least=text(least)
    )


def payback_sentence(acquisition: Acquisition, *, currency: str) -> str:
    """Say which source earns back what its customers cost, and at which margin."""
    returns = acquisition.returns
    if returns.empty:
        return _(
            "What winning customers cost, or the gross margin, is unknown: the table 'costs' and "
            "unit costs of products, or the parameter margin_share, would tell when a customer has "
            "paid that back."
        )
    slow = returns.loc[returns["return_share"].idxmin()]
    end = (
        _("has not earned it back within {days} days").format(days=acquisition.window_days)
        if np.isnan(slow["payback_month"])
        else _("earns it back in month {month}").format(month=int(slow["payback_month"]))
    )
    return _(
        "At a gross margin of {margin}, a customer from {source}, the least profitable source, "
        "costs {cost} and {end}; within {days} days such a customer earned {earned} [{interval}]. "
        "What customers bring later is not in it."
    ).format(
        margin=format_share(acquisition.margin_share),
        source=code_label(slow["source"]),
        cost=format_money(slow["cost_per_customer_minor"], currency, whole=True),
        end=end,
        days=acquisition.window_days,
        earned=format_money(slow["earned_minor"], currency, whole=True),
        interval=format_interval(
            slow["earned_low"],
            slow["earned_high"],
            lambda minor: format_money(minor, currency, whole=True),
        ),
    )
