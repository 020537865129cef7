"""What is worth acting on: each finding with effect, interval, people, money and definition."""

import math
from datetime import date

import numpy as np
import pandas as pd

from analysis.customers.movement import TopChange
from analysis.customers.silence import NEXT_DAYS, Dormancy
from analysis.findings import Finding
from analysis.intervals import wilson
from analysis.language import _, join_sentences
from analysis.style import (
    format_count,
    format_date,
    format_interval,
    format_money,
    format_share,
)

MIN_GROUP = 30
# How many of those who do not buy again it takes to make a step worth money.
_WON_BACK_SHARE = 0.1
_MATURE_MONTHS_COMPARED = 3
# Standard normal quantiles of a two-sided 5% test with 80% power, added and squared.
_POWER_FACTOR = 7.849
_TOLD_CHANGE = 0.02


def weakest_step(steps: pd.DataFrame, *, window_days: int, currency: str) -> Finding | None:
    """Find the step from purchase to purchase at which most money is lost.

    Money: what a tenth of those who did not buy again would have paid at their next purchase, at
    the mean of those who did.
    """
    lost = steps["customers"] - steps["converted"]
    money = _WON_BACK_SHARE * lost * steps["next_amount_minor"]
    if not (money > 0).any():
        return None
    row = steps.loc[money.idxmax()]
    amount = round(float(money.max()))
    said = _(
        "After purchase {n}, {share} [{interval}] of {customers} customers made the next one "
        "within {days} days, {lost} did not. If one in ten of them had, and paid as much as those "
        "who did, that would have been {money}."
    )
    if len(steps) > 1:
        said = join_sentences(
            said, _("Counted so, no more is lost after any other purchase shown.")
        )
    return Finding(
        name="weakest_step",
        sentence=said.format(
            n=int(row["purchase_no"]),
            share=format_share(row["share"]),
            interval=format_interval(row["low"], row["high"], format_share),
            customers=format_count(row["customers"]),
            days=window_days,
            lost=format_count(row["customers"] - row["converted"]),
            money=format_money(amount, currency, whole=True),
        ),
        value=float(row["share"]),
        low=float(row["low"]),
        high=float(row["high"]),
        n=int(row["customers"] - row["converted"]),
        money_minor=amount,
        money=_("{money} for one in ten").format(money=format_money(amount, currency, whole=True)),
        definition=_(
            "Next purchase within the window, of customers who have had the whole window; money: a "
            "tenth of the others times the mean next purchase."
        ),
    )


def about_to_go_quiet(
    ranks: pd.DataFrame, chances: pd.DataFrame, chosen: Dormancy, *, currency: str
) -> Finding | None:
    """Find repeat customers who have used up more than half of their time to buy again.

    Money: the fall of their chance to buy within 60 days from today to the day on which they go
    quiet, times their mean purchase. How much of it a message keeps is not known from that.
    """
    left = -ranks["quiet_ago_days"]
    waited = chosen.days // 2
    people = ranks[(ranks["purchases"] > 1) & (left > 0) & (left <= chosen.days - waited)]
    if len(people) < MIN_GROUP or chosen.chance is None:
        return None
    silent = people["recency_days"].clip(upper=chosen.days)
    today = chances.set_index("silent_days")["chance"].reindex(silent).to_numpy()
    mean_purchase = (people["amount_minor"] / people["purchases"]).to_numpy()
    amount = round(float(((today - chosen.chance) * mean_purchase).sum()))
    if amount <= 0:
        return None
    return Finding(
        name="about_to_go_quiet",
        sentence=_(
            "{n} repeat customers go quiet within {left} days unless they buy. Today {today} of "
            "them can be expected to buy within {next} days; once quiet it is {chance} "
            "[{interval}]: a difference worth {money}. How much of it a message now would keep, "
            "only a test with a control group can tell."
        ).format(
            n=format_count(len(people)),
            left=chosen.days - waited,
            today=format_share(float(today.mean())),
            next=NEXT_DAYS,
            chance=format_share(chosen.chance),
            interval=format_interval(chosen.low, chosen.high, format_share),
            money=format_money(amount, currency, whole=True),
        ),
        value=chosen.chance,
        low=chosen.low,
        high=chosen.high,
        n=len(people),
        money_minor=amount,
        money=_("{money} at stake").format(money=format_money(amount, currency, whole=True)),
        definition=_(
            "Two purchases or more, more than half of the days used up after which a customer "
            "counts as gone quiet; chances from the Kaplan-Meier curve of all waits; money: their "
            "fall times the customer's mean purchase."
        ),
    )


def top_customers(change: TopChange, *, compared_on: date, currency: str) -> Finding | None:
    """Find whether the circle of top customers grew or shrank beyond chance.

    Money: what those who fell pay less than before, net of what those who rose pay more.
    """
    if change.before < MIN_GROUP:
        return None
    net = change.rose - change.fell
    amount = change.gained_minor - change.lost_minor
    words = {
        "day": format_date(f"{compared_on}"),
        "before": format_count(change.before),
        "fell": format_count(change.fell),
        "rose": format_count(change.rose),
        # The balance in whole customers whose interval leaves nothing out.
        "needed": format_count(math.floor(change.high - net) + 1),
        "interval": format_interval(change.low, change.high),
        "money": format_money(abs(amount), currency, whole=True),
    }
    if change.low <= 0 <= change.high:
        said = _(
            "Of {before} top customers on {day}, {fell} fell and {rose} others rose to the top: "
            "{interval} more, so it cannot be told yet whether the circle grows. Of as many moves, "
            "a balance of {needed} either way would tell."
        )
    elif net < 0:
        said = _(
            "The circle of top customers shrinks: of {before} on {day}, {fell} fell and only "
            "{rose} others rose, a balance of {interval}."
        )
    else:
        said = _(
            "The circle of top customers grows: of {before} on {day}, {fell} fell but {rose} "
            "others rose, a balance of {interval}."
        )
    known = not change.low <= 0 <= change.high
    if known:
        # A few who rose may pay more than many who fell did.
        paid = (
            _("Together those who moved pay {money} less than in the window before.")
            if amount < 0
            else _("Together those who moved pay {money} more than in the window before.")
        )
        said = join_sentences(said, paid)
    return Finding(
        name="top_customers",
        sentence=said.format(**words),
        value=float(net),
        low=change.low,
        high=change.high,
        n=change.fell,
        money_minor=abs(amount) if known else None,
        money=_("{money} difference").format(money=words["money"]) if known else "",
        definition=_(
            "Customers who pay as much within the window as it took to be in the top tenth on the "
            "earlier day; interval of rose - fell after McNemar."
        ),
    )


def second_purchase_trend(
    cohorts: pd.DataFrame,
    steps: pd.DataFrame,
    *,
    is_whole: bool,
    window_days: int,
    currency: str,
) -> Finding | None:
    """Find whether the latest mature months convert better or worse than the year before them.

    Nothing is said where most customers were customers before the data begins: early months then
    hold old customers, and every later month would seem worse.

    Money: the difference times the first-time buyers of those months times a second purchase.
    """
    mature = cohorts[cohorts["is_mature"]]
    late, early = mature.tail(_MATURE_MONTHS_COMPARED), mature.iloc[:-_MATURE_MONTHS_COMPARED]
    early = early.tail(12)
    first = steps[steps["purchase_no"] == 1]
    if (
        not is_whole
        or len(early) < _MATURE_MONTHS_COMPARED
        or first.empty
        or late["customers"].sum() < MIN_GROUP
    ):
        return None
    counts = [
        (int(months["converted"].sum()), int(months["customers"].sum())) for months in (late, early)
    ]
    change, low, high = _difference(counts[0], counts[1])
    n, known = counts[0][1], not low <= 0 <= high
    amount = round(abs(change) * n * float(first["next_amount_minor"].fillna(0).iloc[0]))
    shares = [events / trials for events, trials in counts]
    said = _(
        "Of {n} first-time buyers of the last {months} mature months, {late} bought again within "
        "{days} days, against {early} in the months before: {interval} points."
    ).format(
        n=format_count(n),
        months=len(late),
        late=format_share(shares[0]),
        early=format_share(shares[1]),
        days=window_days,
        interval=format_interval(100 * low, 100 * high, lambda x: format_count(x, decimals=1)),
    )
    return Finding(
        name="second_purchase_trend",
        sentence=join_sentences(
            said, _verdict(change, low, high, base=shares[1], people=min(n, counts[1][1]))
        ),
        value=change,
        low=low,
        high=high,
        n=n,
        money_minor=amount if known else None,
        money=_("{money} difference").format(money=format_money(amount, currency, whole=True))
        if known
        else "",
        definition=_(
            "Second purchase within the window, last three mature months against up to twelve "
            "before; interval of the difference after Newcombe (1998), method 10."
        ),
    )


def _verdict(change: float, low: float, high: float, *, base: float, people: int) -> str:
    if not low <= 0 <= high:
        return _("It fell beyond chance.") if change < 0 else _("It rose beyond chance.")
    needed = _POWER_FACTOR * 2 * base * (1 - base) / _TOLD_CHANGE**2
    if people >= needed:
        return _("If it moved at all, then by less than {bound} points.").format(
            bound=format_count(100 * max(-low, high), decimals=1)
        )
    return _(
        "Whether it moved cannot be told yet; to tell a change of {points} points takes about {n} "
        "first-time buyers on each side."
    ).format(points=round(100 * _TOLD_CHANGE), n=format_count(float(np.ceil(needed / 100) * 100)))


def _difference(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float, float]:
    shares = [events / trials for events, trials in (one, other)]
    (low_one, low_other), (high_one, high_other) = wilson([one[0], other[0]], [one[1], other[1]])
    change = shares[0] - shares[1]
    low = change - np.hypot(shares[0] - low_one, high_other - shares[1])
    high = change + np.hypot(high_one - shares[0], shares[1] - low_other)
    return float(change), float(low), float(high)
