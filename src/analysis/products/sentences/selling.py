"""What the sections on when, at what price and what say: results in, sentences out."""

import pandas as pd

from analysis.language import _, join_sentences
from analysis.products.hours import BusyHours
from analysis.products.offers import Offers
from analysis.products.prices import Prices
from analysis.products.sales import products_for_share
from analysis.products.words import busy_text
from analysis.style import format_count, format_interval, format_money, format_share

_LEVEL = 0.05


def hours_sentence(busy: BusyHours | None, by_hour: pd.DataFrame) -> str:
    """Say when most orders come, as far as chance does not explain it, or that it is unknown.

    Args:
        busy: What `busy_hours` returned.
        by_hour: Columns weekday, hour, orders (`sql/orders_by_hour.sql`).
    """
    if by_hour.empty:
        return _("There are no one-off orders whose hours could be told.")
    if not busy:
        return _("Orders carry no time of day, so the hours cannot be told.")
    hours_differ, weekdays_differ = busy.hours_p <= _LEVEL, busy.weekdays_p <= _LEVEL
    if hours_differ and weekdays_differ:
        told = busy.week
        said = _(
            "{busiest}: {share} [{interval}] of {n} one-off orders come in these three hours, "
            "{times} times as many as in three average ones. A message just before them is worth "
            "a test."
        )
    elif hours_differ:
        told = busy.day
        said = _(
            "{busiest}: {share} [{interval}] of {n} one-off orders come in these three hours, "
            "{times} times as many as in three average ones. Whether weekdays differ cannot be "
            "told yet (p = {p})."
        )
    elif weekdays_differ:
        told = busy.weekday
        said = _(
            "{busiest}: {share} [{interval}] of {n} one-off orders come on this day of the week, "
            "{times} times as many as on an average day. Whether hours of the day differ cannot "
            "be told yet (p = {p})."
        )
    else:
        return _cannot_tell_hours(busy)
    return said.format(
        busiest=busy_text(told),
        share=format_share(told.share),
        interval=format_interval(told.low, told.high, format_share),
        n=format_count(busy.orders),
        times=format_count(told.times_even, decimals=1),
        p=_p(max(busy.hours_p, busy.weekdays_p)),
    )


def _cannot_tell_hours(busy: BusyHours) -> str:
    said = _(
        "Whether one hour of the day, or one weekday, is better than another cannot be told yet "
        "from {n} one-off orders (p = {hours_p} for hours, {weekdays_p} for weekdays)."
    ).format(n=format_count(busy.orders), hours_p=_p(busy.hours_p), weekdays_p=_p(busy.weekdays_p))
    if busy.told_change > 1:
        return join_sentences(said, _("More orders may tell."))
    return join_sentences(
        said,
        _(
            "An hour with {change} more orders than each of the others would most likely have "
            "been found; smaller differences need more orders."
        ).format(change=format_share(busy.told_change, decimals=0)),
    )


def _p(p_value: float) -> str:
    return f"{p_value:.2g}"


def prices_sentence(prices: Prices, *, currency: str) -> str:
    """Compare the median first order with the median repeat order."""
    first, repeat = prices.first, prices.repeat

    def money(minor: float) -> str:
        return format_money(minor, currency)

    if not first.n or not repeat.n:
        return _("There are too few first or repeat orders to compare.")
    apart = first.low_minor > repeat.high_minor or repeat.low_minor > first.high_minor
    answer = (
        _("a repeat order is worth more")
        if apart and repeat.value_minor > first.value_minor
        else _("a repeat order is worth less")
        if apart
        else _("it cannot be told which of them is worth more")
    )
    return _(
        "Half of {first_n} first orders are worth {first} or less [{first_interval}], half of "
        "{repeat_n} repeat orders {repeat} or less [{repeat_interval}]: {answer}."
    ).format(
        first_n=format_count(first.n),
        first=money(first.value_minor),
        first_interval=format_interval(first.low_minor, first.high_minor, money),
        repeat_n=format_count(repeat.n),
        repeat=money(repeat.value_minor),
        repeat_interval=format_interval(repeat.low_minor, repeat.high_minor, money),
        answer=answer,
    )


def sales_sentence(ranked: pd.DataFrame, offers: Offers, *, again_days: int) -> str:
    """Say how few products bring most revenue, and what is most surely bought again.

    That is the product whose interval begins highest: another may be bought again as often.

    Args:
        ranked: What `rank_sales` returned for products.
        offers: What `read_offers` returned.
        again_days: Within how many days customers bought again.
    """
    top = _("{n} of {all} products bring 80% of the revenue.").format(
        n=format_count(products_for_share(offers.sales, share=0.8)),
        all=format_count(len(offers.sales)),
    )
    again = ranked[ranked["repeat_share"].notna()]
    if again.empty:
        return top
    best = again.loc[again["repeat_low"].idxmax()]
    return _(
        "{top} Most surely bought again is {name}: by {share} [{interval}] of {n} customers within "
        "{days} days of the first time."
    ).format(
        top=top,
        name=offers.names[best["product_no"]],
        share=format_share(best["repeat_share"]),
        interval=format_interval(best["repeat_low"], best["repeat_high"], format_share),
        n=format_count(best["mature_customers"]),
        days=again_days,
    )


def no_lines_sentence() -> str:
    """Say why nothing is told about products."""
    return _("The shop's orders have no lines, so products cannot be told apart.")
