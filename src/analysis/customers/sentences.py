"""What the customer report says: results in; metrics and sentences out."""

from datetime import date

import pandas as pd

from analysis.customers.balance import Balance
from analysis.customers.cohorts import pooled_by_age
from analysis.customers.movement import TopChange
from analysis.customers.revenue import SUBSCRIPTION, kind_label
from analysis.customers.rfm import Thresholds
from analysis.customers.rhythm import WriteDay
from analysis.customers.silence import NEXT_DAYS, Dormancy
from analysis.customers.states import Stages
from analysis.language import _, join_list, join_sentences
from analysis.style import (
    format_count,
    format_date,
    format_interval,
    format_money,
    format_month,
    format_share,
)
from analysis.suppression import MIN_SHOWN, people_in_words


def answer_sentence(now: Balance, split: pd.DataFrame, *, period_days: int) -> str:
    """Say whether the circle of customers grows, and where revenue comes from."""
    change = now.active_at_end - now.active_at_start
    gained = now.new_customers + now.came_back
    if change > 0:
        moved = _(
            "In {days} days {gained} customers became active (new or back) and {quiet} went quiet: "
            "{n} more are active than before."
        )
    elif change < 0:
        moved = _(
            "In {days} days {gained} customers became active (new or back) and {quiet} went quiet: "
            "{n} fewer are active than before."
        )
    else:
        moved = _(
            "In {days} days {gained} customers became active (new or back) and {quiet} went quiet: "
            "as many are active as before."
        )
    moved = moved.format(
        days=period_days,
        gained=format_count(gained),
        quiet=format_count(now.went_quiet),
        n=format_count(abs(change)),
    )
    parts = [
        _("{share} from {kind}").format(
            share=format_share(row.share, decimals=0), kind=_plural(row.kind)
        )
        for row in split.itertuples()
        if row.amount_minor > 0
    ]
    if not parts:
        return moved
    return join_sentences(moved, _("Of the revenue came {parts}.").format(parts=join_list(parts)))


def _plural(kind: int) -> str:
    return {
        1: _("first purchases"),
        2: _("second purchases"),
        3: _("third purchases"),
        SUBSCRIPTION: _("subscriptions"),
    }.get(kind, kind_label(kind))


def frequency_sentence(frequencies: pd.DataFrame, means: pd.DataFrame) -> str:
    """Say how often the buyers of a month buy in it."""
    if frequencies.empty:
        return _("No calendar month is over yet.")
    return _(
        "{once} of a month's buyers buy once in it. In {month}, {buyers} customers bought "
        "{mean} times each."
    ).format(
        once=format_share(frequencies["share"].iloc[0]),
        month=format_month(means["month"].iloc[-1]),
        buyers=format_count(means["buyers"].iloc[-1]),
        mean=format_count(means["mean"].iloc[-1], decimals=2),
    )


def write_day_sentence(best: WriteDay | None) -> str:
    """Say when to write to first-time buyers, or that no day stands out."""
    if best is None:
        return _(
            "Too few second purchases to say when to write: at least 30 first-time buyers are "
            "needed."
        )
    rate = _("{rate} a day [{interval}] of those still waiting").format(
        rate=format_share(best.rate, decimals=2),
        interval=format_interval(
            best.low, best.high, lambda share: format_share(share, decimals=2)
        ),
    )
    if best.is_peak:
        return _(
            "First-time buyers are likeliest to buy again from day {first} to day {last}, {rate} "
            "({n} customers): a message just before day {first} is worth a test."
        ).format(
            first=best.first_day, last=best.last_day, rate=rate, n=format_count(best.customers)
        )
    return _(
        "In no later week are first-time buyers likelier to buy again beyond chance than in the "
        "first, with {rate} ({n} customers). Half of the second purchases that come within half a "
        "year have come by day {half}: a later message comes too late for these."
    ).format(rate=rate, n=format_count(best.customers), half=best.half_day)


def history_sentence(*, is_whole: bool) -> str:
    """Say on the first screen that first purchases are not the first, or nothing."""
    if is_whole:
        return ""
    return _(
        "Most customers appear in the first 30 days of the data, so most were probably customers "
        "before it: first here means first seen."
    )


def cohort_sentence(retained: pd.DataFrame) -> str:
    """Say which share of new customers bought in later months, all months together."""
    pooled = pooled_by_age(retained)
    ages = [age for age in (1, 3, 6, 12) if age in pooled and pooled[age] == pooled[age]]
    if not ages:
        return _("No month of new customers is old enough yet.")
    parts = [
        _("{share} in month {age}").format(age=age, share=format_share(pooled[age])) for age in ages
    ]
    return _("Over all months that are old enough, customers bought again: {parts}.").format(
        parts=join_list(parts)
    )


def deciles_sentence(deciles: pd.DataFrame | None) -> str:
    """Say how much of revenue the best customers bring."""
    if deciles is None:
        return _(
            "Fewer than {n} customers paid in the window: a tenth of them would be few people, so "
            "what the largest bring is not shown."
        ).format(n=10 * MIN_SHOWN)
    return _(
        "The largest tenth of the buyers ({n} customers) brought {share} of the revenue."
    ).format(
        n=format_count(deciles["customers"].iloc[0]), share=format_share(deciles["share"].iloc[0])
    )


def rules_sentence(cuts: Thresholds, limits: Stages, *, currency: str) -> str:
    """Say where scores and states divide, and whether a person set that."""
    scores = (
        _(
            "Scores use thresholds set for this shop, so they can be compared over time: recency 5 "
            "up to day {recency}, frequency 5 from {purchases} purchases, amount 5 from {amount}."
        )
        if cuts.is_fixed
        else _(
            "Scores are fifths of this shop's customers today; they move with the shop: recency 5 "
            "up to day {recency}, frequency 5 from {purchases} purchases, amount 5 from {amount}."
        )
    )
    scores = scores.format(
        recency=cuts.recency_days[-1],
        purchases=format_count(cuts.purchases[-1]),
        amount=format_money(cuts.amount_minor[-1], currency),
    )
    states = (
        _(
            "Large customers have paid {amount} in all, as set for this shop; long ones bought "
            "over {days} days or more."
        )
        if limits.is_fixed
        else _(
            "Large customers have paid {amount} in all, as a fifth of the repeat customers have; "
            "long ones bought over {days} days or more."
        )
    )
    return join_sentences(
        scores,
        states.format(amount=format_money(limits.amount_minor, currency), days=limits.tenure_days),
    )


def movement_sentence(change: TopChange, *, compared_on: date) -> str:
    """Say how the circle of top customers changed, or that chance explains it."""
    said = _(
        "Of {before} top customers on {day}, {fell} have fallen to a lower rank, and {rose} others "
        "pay as much now."
    ).format(
        before=people_in_words(change.before),
        day=format_date(f"{compared_on}"),
        fell=people_in_words(change.fell),
        rose=people_in_words(change.rose),
    )
    if change.low <= 0 <= change.high:
        return join_sentences(
            said,
            _(
                "That balance is within what chance does: it cannot be told yet whether the circle "
                "of top customers grows or shrinks."
            ),
        )
    grows = change.low > 0
    return join_sentences(
        said,
        _("The circle of top customers grows beyond chance.")
        if grows
        else _("The circle of top customers shrinks beyond chance."),
    )


def steps_sentence(steps: pd.DataFrame, *, window_days: int) -> str:
    """Say how many buy again, and which step keeps the fewest, if that is beyond chance."""
    if steps.empty:
        return _(
            "Fewer than 30 customers have had {days} days for their next purchase: come back later."
        ).format(days=window_days)
    first = steps.iloc[0]
    said = _(
        "{share} [{interval}] of {n} first-time buyers bought again within {days} days."
    ).format(
        share=format_share(first["share"]),
        interval=format_interval(first["low"], first["high"], format_share),
        n=format_count(first["customers"]),
        days=window_days,
    )
    return join_sentences(said, _weakest_step(steps)) if len(steps) > 1 else said


def _weakest_step(steps: pd.DataFrame) -> str:
    weakest = steps.loc[steps["share"].idxmin()]
    others = steps[steps["purchase_no"] != weakest["purchase_no"]]
    if weakest["high"] >= others["low"].min():
        said = _(
            "The lowest share is that from purchase {n} to {next}, {share} [{interval}], but its "
            "interval overlaps with that of another step: which of them is the weakest cannot be "
            "told yet."
        )
    elif weakest["purchase_no"] == steps["purchase_no"].iloc[0]:
        said = _("At every later step a larger share buys again.")
    else:
        said = _("The weakest step is from purchase {n} to {next}: {share} [{interval}].")
    return said.format(
        n=int(weakest["purchase_no"]),
        next=int(weakest["purchase_no"]) + 1,
        share=format_share(weakest["share"]),
        interval=format_interval(weakest["low"], weakest["high"], format_share),
    )


def silence_sentence(chosen: Dormancy) -> str:
    """Say after how long a silence customers count as gone quiet, and why."""
    if chosen.source == "given":
        start = _("A customer counts as gone quiet after {days} days, as set for this shop.")
    elif chosen.source == "fixed":
        start = _(
            "The waits of this shop do not tell after which silence the chance to buy is halved; "
            "{days} days stand in, as in many tools."
        )
    else:
        return _(
            "After {days} days without a purchase, the chance to buy within the next {next} is "
            "down to {chance} [{interval}]: {share} of its best ({best}) or less. From then on a "
            "customer counts as gone quiet; gone quiet is not lost."
        ).format(
            days=chosen.days,
            next=NEXT_DAYS,
            chance=format_share(chosen.chance),
            interval=format_interval(chosen.low, chosen.high, format_share),
            share=format_share(chosen.quiet_share, decimals=0),
            best=format_share(chosen.best_chance),
        )
    said = start.format(days=chosen.days)
    if chosen.chance is None:
        return join_sentences(
            said, _("No wait was followed long enough to say what happens after that.")
        )
    return join_sentences(
        said,
        _(
            "From there, {chance} [{interval}] buy within the next {next} days; at best it is "
            "{best}."
        ).format(
            chance=format_share(chosen.chance),
            interval=format_interval(chosen.low, chosen.high, format_share),
            next=NEXT_DAYS,
            best=format_share(chosen.best_chance),
        ),
    )


def definitions_sentence(rates: pd.DataFrame) -> str:
    """Say in one sentence why the rates differ."""
    known = rates.dropna(subset="rate")
    if known.empty:
        return _("There are no one-off purchases that these rates could count.")
    return _(
        "From {low} to {high}: they differ because some give every customer the same time and "
        "others whatever time has passed, and because they divide by all customers, by first-time "
        "buyers, by a month's buyers or by a record. Compare a rate only with itself."
    ).format(low=format_share(known["rate"].min()), high=format_share(known["rate"].max()))
