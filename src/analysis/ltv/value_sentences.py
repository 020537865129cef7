"""What subscriptions, sources and offers say: results in, sentences and findings out."""

import pandas as pd

from analysis.codes import code_label
from analysis.contractual import constant_chance
from analysis.findings import Finding
from analysis.language import _, join_list, join_sentences
from analysis.ltv.at_risk import AT_RISK, FALL_DAYS, HORIZON_DAYS, ValueAtRisk
from analysis.ltv.contract_value import ContractCheck, ContractValue
from analysis.ltv.new_customer import NewCustomer
from analysis.ltv.renewals import Renewals
from analysis.style import (
    format_count,
    format_date,
    format_money,
    format_share,
    format_signed_share,
    with_interval,
)


def no_contracts(orders_by_type: pd.DataFrame) -> str:
    """Say why no subscriptions are valued: there are none, or too few.

    Args:
        orders_by_type: `sql/orders_by_type.sql`.
    """
    if (orders_by_type["purchase_type"] == "subscription").any():
        return _("Too few subscriptions of this shop are running to predict what they will bring.")
    return _("This shop has no subscriptions, so all value here is of one-off purchases.")


def no_one_off() -> str:
    """Say that hardly anybody buys one by one."""
    return _("Too few customers of this shop buy one by one to predict what they will do.")


def apart_sentence(orders_by_type: pd.DataFrame) -> str:
    """Say that the model of silent leaving leaves subscription orders out, and why.

    Args:
        orders_by_type: `sql/orders_by_type.sql`.
    """
    counts = orders_by_type.set_index("purchase_type")["orders"]
    orders, subscription_orders = int(counts.sum()), int(counts.get("subscription", 0))
    if not subscription_orders:
        return _("All {n} orders are one-off purchases.").format(n=format_count(orders))
    return _(
        "{n} of {all} orders are of subscriptions. They are valued apart: a subscriber who leaves "
        "says so, and a model that guesses at leaving from silence would take the wait for the "
        "next due day for a sign."
    ).format(n=format_count(subscription_orders), all=format_count(orders))


def renewal_sentence(renewals: Renewals) -> str:
    """Say which of the two models holds, in words."""
    ratio, changing = renewals.ratio, renewals.changing
    if ratio is None or changing is None:
        return _(
            "Fewer than three orders can be counted, so it cannot be told whether a subscriber's "
            "chance to leave changes with time."
        )
    test = _("(likelihood ratio {statistic}, p {p})").format(
        statistic=format_count(ratio.statistic, decimals=2),
        p="< 0.001" if ratio.p_value < 0.001 else f"= {ratio.p_value:.2g}",
    )
    if not ratio.is_clear and renewals.constant.is_constant:
        chance, low, high = constant_chance(renewals.constant)
        return _(
            "Subscribers cannot be told apart, nor does the chance to leave clearly change with "
            "the orders {test}. So one chance for all, {chance}, is used beyond the counted orders."
        ).format(
            test=test,
            chance=with_interval(format_share(chance), format_share(low), format_share(high)),
        )
    if not ratio.is_clear:
        return _(
            "Fewer leave with every order because the likely leavers go first; that a subscriber's "
            "own chance to leave changes cannot be told from chance {test}. So the plain model is "
            "used beyond the counted orders."
        ).format(test=test)
    direction = (
        _("the longer subscribers stay, the more likely each is to leave")
        if changing.shape > 1
        else _("the longer subscribers stay, the less likely each is to leave")
    )
    return _(
        "Beyond that the likely leavers go first, {direction} {test}. So the model that allows it "
        "is used beyond the counted orders."
    ).format(direction=direction, test=test)


def contract_sentence(
    contracts: ContractValue, *, horizon_days: int, margin_share: float | None, currency: str
) -> str:
    """Say what the running subscriptions are expected to bring, and how that did before."""
    total = contracts.by_order["total"]
    said = _(
        "{n} running subscriptions are expected to bring {orders} orders and {value} in {days} "
        "days; all orders ever to come are worth {residual} today."
    ).format(
        n=format_count(total.subscriptions),
        orders=with_interval(
            format_count(total.orders),
            format_count(total.orders_low),
            format_count(total.orders_high),
        ),
        value=_money_interval(
            total.value_minor, total.value_minor_low, total.value_minor_high, currency
        ),
        days=horizon_days,
        residual=format_money(total.residual_minor, currency, whole=True),
    )
    if margin_share:
        said = join_sentences(
            said,
            _("At a margin of {share} that is {profit} of profit.").format(
                share=format_share(margin_share),
                profit=format_money(total.residual_minor * margin_share, currency, whole=True),
            ),
        )
    if contracts.left_out:
        left_out = _("{n} more are paused or overdue; nothing is expected of them.")
        said = join_sentences(said, left_out.format(n=format_count(contracts.left_out)))
    return join_sentences(said, contract_check_sentence(contracts.check))


def contract_check_sentence(check: ContractCheck | None) -> str:
    """Say how the same prediction did when it was made earlier."""
    if check is None:
        return _("There were too few subscriptions earlier to check this prediction.")
    return _(
        "Made on {day} for the {n} subscriptions of that day, the same prediction expected "
        "{expected} orders up to now; {actual} came, an error of {bias}."
    ).format(
        day=format_date(check.day),
        n=format_count(check.subscriptions),
        expected=with_interval(
            format_count(check.expected), format_count(check.low), format_count(check.high)
        ),
        actual=format_count(check.actual),
        bias=format_signed_share(check.bias_share),
    )


def new_customer_sentence(
    found: NewCustomer, *, horizon_days: int, margin_share: float | None, currency: str
) -> str:
    """Say what the next new one-off customer is worth."""
    said = _(
        "The next new one-off customer is expected to make {repeats} repeat purchases within "
        "{days} days and to bring {value}, the first purchase of {first} included (means of many)."
    ).format(
        repeats=with_interval(
            format_count(found.repeats, decimals=2),
            format_count(found.repeats_low, decimals=2),
            format_count(found.repeats_high, decimals=2),
        ),
        days=horizon_days,
        value=_money_interval(
            found.value_minor, found.value_minor_low, found.value_minor_high, currency, whole=False
        ),
        first=format_money(found.first_minor, currency),
    )
    if not margin_share:
        return join_sentences(
            said,
            _(
                "The gross margin is not known; with it (parameter margin_share) this would say "
                "what winning one may cost."
            ),
        )
    return join_sentences(
        said,
        _(
            "At a margin of {share}, winning one may cost up to {cost} to be earned back in that "
            "time."
        ).format(
            share=format_share(margin_share),
            cost=format_money(found.value_minor * margin_share, currency),
        ),
    )


def source_sentence(table: pd.DataFrame | None, *, margin_share: float | None) -> str:
    """Say which sources earn what their customers cost."""
    if table is None:
        return _(
            "What a customer of each source may cost cannot be said: that needs orders with a "
            "source, a margin (parameter margin_share or unit costs), months old enough and a "
            "prediction of what customers will still bring."
        )
    said = _(
        "At a margin of {share}, a source pays as long as a new customer costs less than the "
        "break-even."
    ).format(share=format_share(margin_share))
    for verdict, sentence in (
        ("earns", _("More than earned back: {sources}.")),
        ("loses", _("Not earned back: {sources}.")),
        ("unclear", _("Cannot be told yet: {sources}.")),
    ):
        sources = table.loc[table["verdict"] == verdict, "source"]
        if len(sources):
            named = join_list(map(code_label, sources))
            said = join_sentences(said, sentence.format(sources=named))
    if (table["verdict"] == "unknown").all():
        said = join_sentences(said, _("What winning a customer costs is not known (table costs)."))
    return said


def offer_sentence(table: pd.DataFrame, *, horizon_days: int) -> str:
    """Say how to read for whom an offer can pay."""
    if table.empty or not (table["customers"] > 0).any():
        return _("No customer is expected to bring what an offer costs.")
    return _(
        "An offer earns by what it adds, not by what customers bring anyway. To whoever is "
        "expected to bring less than it costs in {days} days, it pays only if it more than doubles "
        "that; to the others, if it raises it by the share in the last column. Whether it does, a "
        "test tells."
    ).format(days=horizon_days)


def at_risk_sentence(found: ValueAtRisk | None) -> str:
    """Say who is slipping away and how a campaign reaches them."""
    if found is None:
        return _(
            "Hardly any valuable customer's chance to be still one has fallen by 5 points within "
            "{days} days."
        ).format(days=FALL_DAYS)
    return _(
        "{n} of the most valuable repeat customers have become clearly less likely to be still "
        "customers within {days} days. To write to them, a campaign file names them by one line "
        "under segment: value_standing: {name}. The list is made anew on the day it starts."
    ).format(n=format_count(found.customers), days=FALL_DAYS, name=AT_RISK)


def at_risk_finding(found: ValueAtRisk | None, *, currency: str) -> Finding | None:
    """Return the finding about valuable customers who are slipping away."""
    if found is None:
        return None
    expected = found.expected
    return Finding(
        name="value_at_risk",
        sentence=_(
            "{n} of the most valuable repeat customers are slipping away: their chance to be still "
            "customers fell by {fall} points on average within {days} days. They are expected to "
            "bring {expected} in the next {year} days, and {stake} more if all of them stay."
        ).format(
            n=format_count(found.customers),
            fall=format_count(100 * found.mean_fall),
            days=FALL_DAYS,
            year=HORIZON_DAYS,
            expected=_money_interval(
                expected.value_minor, expected.value_minor_low, expected.value_minor_high, currency
            ),
            stake=format_money(found.stake_minor, currency, whole=True),
        ),
        value=expected.value_minor,
        low=expected.value_minor_low,
        high=expected.value_minor_high,
        n=found.customers,
        money_minor=round(found.stake_minor),
        money=_("{money} at stake").format(
            money=format_money(found.stake_minor, currency, whole=True)
        ),
    )


def source_findings(table: pd.DataFrame | None, *, currency: str) -> list[Finding]:
    """Return a finding for each source whose customers cost more than they earn."""
    if table is None:
        return []
    found = []
    for row in table[table["verdict"] == "loses"].itertuples():
        loss = row.cost_per_customer_minor - row.break_even_minor
        found.append(
            Finding(
                name=f"source_loses_{row.source}",
                sentence=_(
                    "A new customer from {source} costs {cost} and earns {earned}, what is still "
                    "expected included. Of {n} customers each lost {loss}: pay less than the "
                    "break-even, or stop."
                ).format(
                    source=code_label(row.source),
                    cost=format_money(row.cost_per_customer_minor, currency, whole=True),
                    earned=_money_interval(row.break_even_minor, row.low, row.high, currency),
                    n=format_count(row.customers),
                    loss=format_money(loss, currency, whole=True),
                ),
                value=-loss,
                low=row.low - row.cost_per_customer_minor,
                high=row.high - row.cost_per_customer_minor,
                n=int(row.customers),
                money_minor=round(loss * row.customers),
                money=_("{money} lost").format(
                    money=format_money(loss * row.customers, currency, whole=True)
                ),
            )
        )
    return found


def _money_interval(
    middle: float, low: float, high: float, currency: str, *, whole: bool = True
) -> str:
    text, *ends = (format_money(minor, currency, whole=whole) for minor in (middle, low, high))
    return with_interval(text, *ends)
