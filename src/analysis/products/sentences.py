"""What the sections on when, what and what next say: results in, sentences out."""

import numpy as np
import pandas as pd

from analysis.codes import code_label
from analysis.language import _
from analysis.products.acquisition import Acquisition
from analysis.products.discounts import Discounts
from analysis.products.hours import HOURS_A_WEEK, BusyHours
from analysis.products.offers import Offers
from analysis.products.pairs import MIN_BUYERS, MIN_CUSTOMERS, Pairs
from analysis.products.prices import Prices
from analysis.products.sales import products_for_share
from analysis.products.words import busy_text, next_labels, together_labels
from analysis.style import format_count, format_interval, format_money, format_share

_EVEN_ABOVE = 0.001


def hours_sentence(busy: BusyHours | None) -> str:
    """Say when most orders come, or that they come at all hours alike, or that it is unknown."""
    if not busy:
        return _("Orders carry no time of day, so the hours cannot be told.")
    if busy.p_value > _EVEN_ABOVE:
        return _(
            "The {n} one-off orders are spread over the {hours} hours of the week as evenly as "
            "chance would spread them (p = {p}): no hour is better than another."
        ).format(n=format_count(busy.orders), hours=HOURS_A_WEEK, p=f"{busy.p_value:.2g}")
    return _(
        "{busiest}: {share} [{interval}] of {n} one-off orders come in these three hours, {times} "
        "times as many as in three average ones. A message just before reaches people who buy."
    ).format(
        busiest=busy_text(busy),
        share=format_share(busy.share),
        interval=format_interval(busy.low, busy.high, format_share),
        n=format_count(busy.orders),
        times=format_count(busy.times_even, decimals=1),
    )


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
    """Say how few products bring most revenue, and what is bought again most.

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
        "{top} Bought again most is {name}: by {share} [{interval}] of {n} customers within {days} "
        "days of the first time."
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
            "unit costs of products, or the parameter margin_share, would give payback and "
            "break-even cost."
        )
    slow = returns.loc[returns["return_share"].idxmin()]
    end = (
        _("has not earned it back within the months observed")
        if np.isnan(slow["payback_month"])
        else _("earns it back in month {month}").format(month=int(slow["payback_month"]))
    )
    return _(
        "At a gross margin of {margin}, a customer from {source}, the least profitable source, "
        "costs {cost} and {end}; the most that such a customer may cost is {most} [{interval}]."
    ).format(
        margin=format_share(acquisition.margin_share),
        source=code_label(slow["source"]),
        cost=format_money(slow["cost_per_customer_minor"], currency, whole=True),
        end=end,
        most=format_money(slow["break_even_minor"], currency, whole=True),
        interval=format_interval(
            slow["break_even_low"],
            slow["break_even_high"],
            lambda minor: format_money(minor, currency, whole=True),
        ),
    )


def next_sentence(pairs: Pairs, names: pd.Series) -> str:
    """Say what is bought next after what, or that no pair is reliable."""
    labels = next_labels(pairs, names)
    if pairs.reliable.empty:
        return _no_pair(pairs)
    first = pairs.reliable.iloc[0]
    return _(
        "{pair}: {share} of {n} customers who ordered again after their first one with it bought "
        "the other next, {base} would by chance, {lift} times as often [{interval}]. Of {tested} "
        "pairs tested, {reliable} are reliable: at most {false} of those may be false."
    ).format(pair=labels[0], **_pair_words(pairs, first))


def together_sentence(pairs: Pairs, names: pd.Series) -> str:
    """Say what is bought together, or that no pair is reliable."""
    labels = together_labels(pairs, names)
    if pairs.reliable.empty:
        return _no_pair(pairs)
    first = pairs.reliable.iloc[0]
    return _(
        "{pair}: {share} of {n} first orders with the one hold the other too, {base} would by "
        "chance, {lift} times as often [{interval}]. Of {tested} pairs tested, {reliable} are "
        "reliable: at most {false} of those may be false."
    ).format(pair=labels[0], **_pair_words(pairs, first))


def _pair_words(pairs: Pairs, row: pd.Series) -> dict[str, str]:
    return {
        "share": format_share(row["confidence"]),
        "n": format_count(row["buyers"]),
        "base": format_share(row["base"]),
        "lift": format_count(row["lift"], decimals=1),
        "interval": format_interval(
            row["lift_low"], row["lift_high"], lambda lift: format_count(lift, decimals=1)
        ),
        "tested": format_count(pairs.tested),
        "reliable": format_count(len(pairs.reliable)),
        "false": format_share(pairs.false_share, decimals=0),
    }


def _no_pair(pairs: Pairs) -> str:
    return _(
        "No reliable pair: of {tested} pairs of products tested, none occurs more often than "
        "{lift} times chance beyond doubt. A pair needs {customers} customers at least, and its "
        "first product {buyers} buyers; more orders may show one."
    ).format(
        tested=format_count(pairs.tested),
        lift=format_count(pairs.min_lift, decimals=1),
        customers=MIN_CUSTOMERS,
        buyers=MIN_BUYERS,
    )


def replenishment_sentence(offers: Offers, *, within_days: int) -> str:
    """Say when the product with the most repeats is bought again, and who is due."""
    table, names = offers.refills, offers.names
    if table.empty:
        return _(
            "No product was bought again by 30 customers within {days} days: no interval can be "
            "told."
        ).format(days=within_days)
    rhythmic = table[table["has_rhythm"]]
    if rhythmic.empty:
        return _(
            "None of {n} products is bought again in one week more often than in the weeks before "
            "it: no day for a reminder stands out."
        ).format(n=format_count(len(table)))
    first = rhythmic.iloc[0]
    return _(
        "{count} of {all} products are bought again with a rhythm. {name}: most often after {low} "
        "to {high} days, {share} [{interval}] of {n} purchases within {days} days; {due} customers "
        "are in that time now or will be within a week."
    ).format(
        count=format_count(len(rhythmic)),
        all=format_count(len(table)),
        name=names[first["product_no"]],
        low=format_count(first["peak_from_days"]),
        high=format_count(first["peak_to_days"]),
        share=format_share(first["again_share"]),
        interval=format_interval(first["again_low"], first["again_high"], format_share),
        n=format_count(first["purchases"]),
        days=within_days,
        due=format_count(first["due"]),
    )


def upgrades_sentence(offers: Offers, *, within_days: int) -> str:
    """Say how many buyers went up to the higher grade where most is to be gained."""
    if offers.upgrades.empty:
        return _("No product names a higher grade that 30 of its buyers had time to buy.")
    row = offers.upgrades.iloc[0]
    return _(
        "{share} [{interval}] of {n} buyers of {name} bought {upgrade} within {days} days; "
        "{candidates} are still within that time and have not."
    ).format(
        share=format_share(row["upgrade_share"]),
        interval=format_interval(row["upgrade_low"], row["upgrade_high"], format_share),
        n=format_count(row["mature_buyers"]),
        name=offers.names[row["product_no"]],
        upgrade=offers.names[row["upgrade_product_no"]],
        days=within_days,
        candidates=format_count(row["candidates"]),
    )


def discounts_sentence(given: Discounts | None, *, currency: str) -> str:
    """Say what discounts cost in all."""
    if not given:
        return _("The shop's orders tell no discounts.")
    total = given.shares.iloc[-1]
    margin = total["margin_share_given"]
    said = (
        _(
            "{share} [{interval}] of {n} orders were discounted, by {given} or {price} of the "
            "price. Whether the orders would have come without a discount only a test with a "
            "control group can tell."
        )
        if np.isnan(margin)
        else _(
            "{share} [{interval}] of {n} orders were discounted, by {given} or {price} of the "
            "price, {margin} of the margin that the same orders would have earned without. "
            "Whether the orders would have come without a discount only a test with a control "
            "group can tell."
        )
    )
    return said.format(
        share=format_share(total["order_share"]),
        interval=format_interval(total["order_low"], total["order_high"], format_share),
        n=format_count(total["orders"]),
        given=format_money(total["given_minor"], currency, whole=True),
        price=format_share(total["price_share"]),
        margin=format_share(margin),
    )
