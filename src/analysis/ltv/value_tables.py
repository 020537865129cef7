"""The tables of subscriptions, totals, sources and offers, as a reader sees them."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.codes import code_label
from analysis.contractual import RenewalModel, hazard_at
from analysis.figures import Table
from analysis.intervals import z_score
from analysis.language import _
from analysis.ltv.contract_value import ContractValue
from analysis.ltv.renewals import Renewals
from analysis.style import (
    NOTHING,
    format_count,
    format_interval,
    format_money,
    format_share,
)
from analysis.suppression import MIN_SHOWN


def renewal_table(renewals: Renewals) -> Table:
    """Return both models of how subscriptions go on, with the counts they rest on."""
    models = [(_("stays the same (shifted-beta-geometric)"), renewals.constant)]
    if renewals.changing:
        models.append((_("may change (beta-discrete-Weibull)"), renewals.changing))
    frame = pd.DataFrame(
        {
            _("a subscriber's own chance to leave"): [label for label, _model in models],
            _("alpha"): [_parameter(model, model.alpha) for _label, model in models],
            _("beta"): [_parameter(model, model.beta) for _label, model in models],
            _("shape"): [_shape(model) for _label, model in models],
            _("leave after order 1"): [
                format_share(float(hazard_at(model, 1))) for _label, model in models
            ],
            _("log-likelihood"): [
                format_count(model.log_likelihood, decimals=1) for _label, model in models
            ],
            _("AIC, lower is better"): [
                format_count(model.akaike, decimals=1) for _label, model in models
            ],
        }
    )
    steps = format_count(renewals.constant.at_risk)
    return Table(
        frame, _("Two models of how subscriptions go on, on {n} decided steps").format(n=steps)
    )


def _parameter(model: RenewalModel, value: float) -> str:
    """Write a parameter, unless one chance holds for all: then it means nothing by itself."""
    if model.is_constant and model.shape == 1:
        return NOTHING
    return format_count(value, decimals=3)


def _shape(model: RenewalModel) -> str:
    if len(model.log_covariance) < 3:
        return "1"
    factor = float(np.exp(z_score(0.95) * np.sqrt(model.log_covariance[2, 2])))
    interval = format_interval(
        model.shape / factor, model.shape * factor, lambda end: format_count(end, decimals=2)
    )
    return f"{format_count(model.shape, decimals=2)} [{interval}]"


def subscription_table(contracts: ContractValue, *, horizon_days: int, currency: str) -> Table:
    """Return what running subscriptions are expected to bring, by orders taken so far."""
    rows = [
        (name, found)
        for name, found in contracts.by_order.items()
        if found.subscriptions >= MIN_SHOWN
    ]
    rows.sort(key=lambda row: _place(row[0]))

    def money(minor: float) -> str:
        return format_money(minor, currency, whole=True)

    frame = pd.DataFrame(
        {
            _("orders taken so far"): [
                _("all running subscriptions") if name == "total" else name for name, _row in rows
            ],
            _("subscriptions"): [format_count(row.subscriptions) for _name, row in rows],
            _("orders expected"): [format_count(row.orders) for _name, row in rows],
            _("value expected"): [money(row.value_minor) for _name, row in rows],
            _("95% interval"): [
                format_interval(row.value_minor_low, row.value_minor_high, money)
                for _name, row in rows
            ],
            _("per subscription"): [
                money(row.value_minor / row.subscriptions) for _name, row in rows
            ],
            _("all to come, each"): [
                money(row.residual_minor / row.subscriptions) for _name, row in rows
            ],
        }
    )
    caption = _("Expected of running subscriptions in {days} days").format(days=horizon_days)
    return Table(frame, caption)


def _place(name: str) -> tuple[int, int]:
    if name == "total":
        return (1, 0)
    return (0, int("".join(character for character in name[:2] if character.isdigit())))


def totals_table(by_kind: pd.DataFrame, *, horizon_days: int, currency: str) -> Table:
    """Return what customers are worth in all, by what they do."""
    labels = {
        "one_off": _("buys one by one"),
        "subscription": _("subscribes"),
        "both": _("does both"),
        "total": _("all customers"),
    }
    shown = by_kind[by_kind["customers"] >= MIN_SHOWN]

    def money(column: str) -> list[str]:
        return [format_money(minor, currency, whole=True) for minor in shown[column]]

    frame = pd.DataFrame(
        {
            _("customer"): [labels[kind] for kind in shown["kind"]],
            _("customers"): [format_count(count) for count in shown["customers"]],
            _("one-off"): money("one_off_minor"),
            _("subscriptions"): money("subscription_minor"),
            _("together"): money("total_minor"),
            _("per customer"): money("mean_minor"),
        }
    )
    return Table(
        frame, _("Expected in {days} days, by what a customer does").format(days=horizon_days)
    )


def break_even_table(
    table: pd.DataFrame, *, window_days: int, horizon_days: int, currency: str
) -> Table:
    """Return what a new customer of each source may cost, as a table for a page."""

    def money(minor: float) -> str:
        return format_money(minor, currency, whole=True)

    frame = pd.DataFrame(
        {
            _("source"): table["source"].map(code_label),
            _("customers"): [format_count(count) for count in table["customers"]],
            _("paid in the first {days} days").format(days=window_days): _each(
                table["paid_minor"], money
            ),
            _("expected in the next {days}").format(days=horizon_days): _each(
                table["expected_minor"], money
            ),
            _("break-even cost"): _each(table["break_even_minor"], money),
            _("95% interval"): [
                format_interval(low, high, money)
                for low, high in zip(table["low"], table["high"], strict=True)
            ],
            _("cost so far"): _each(table["cost_per_customer_minor"], money),
            _("verdict"): [_verdict(name) for name in table["verdict"]],
        }
    )
    return Table(frame, _("What a new customer may cost, by source; means per customer"))


def _verdict(name: str) -> str:
    return {
        "earns": _("earns its cost"),
        "loses": _("costs more than it earns"),
        "unclear": _("cannot tell yet"),
        "unknown": NOTHING,
    }[name]


def offer_table(
    table: pd.DataFrame, *, horizon_days: int, currency: str, margin_share: float | None
) -> Table | None:
    """Return for how many customers offers of several costs can pay, or None for hardly any."""
    brought = _("profit expected of them") if margin_share else _("revenue expected of them")

    def money(minor: float) -> str:
        return format_money(minor, currency, whole=True)

    shown = table[table["customers"] >= MIN_SHOWN]
    if shown.empty:
        return None
    frame = pd.DataFrame(
        {
            _("offer costs"): [
                format_money(minor, currency) for minor in shown["offer_cost_minor"]
            ],
            _("customers expected to bring more"): [
                format_count(count) for count in shown["customers"]
            ],
            _("share"): [format_share(share) for share in shown["customer_share"]],
            brought: _each(shown["profit_minor"], money),
            _("offers to all of them cost"): _each(shown["cost_minor"], money),
            _("rise needed to pay"): [format_share(share) for share in shown["needed_rise_share"]],
        }
    )
    caption = (
        _("Customers whose expected profit of {days} days covers an offer")
        if margin_share
        else _("Customers whose expected revenue of {days} days covers an offer; no margin known")
    )
    return Table(frame, caption.format(days=horizon_days))


def _each(values: pd.Series, write: Callable[[float], str]) -> list[str]:
    return [write(value) for value in values]
