"""What the lifetime-value report answers first: results in, headline numbers and findings out."""

import math
from collections.abc import Sequence

import pandas as pd

from analysis.findings import Finding, Metric
from analysis.language import _
from analysis.ltv.activity import BOUGHT_ONCE, IN_DOUBT, REPEATERS
from analysis.ltv.contract_value import ContractValue
from analysis.ltv.holdout import PredictionError
from analysis.ltv.observed import ObservedValue
from analysis.ltv.predictive import Outlook
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.spend import SpendModel
from analysis.ltv.subscriptions import SubscriptionOutlook
from analysis.money import decimals_of
from analysis.style import (
    format_count,
    format_money,
    format_signed_share,
    with_interval,
)
from analysis.suppression import MIN_SHOWN


def headline(
    observed: ObservedValue | None,
    groups: dict[str, Outlook] | None,
    error: PredictionError | None,
    *,
    horizon_days: int,
    currency: str,
    contracts: ContractValue | None = None,
    customers: int | None = None,
) -> list[Metric]:
    """Return the numbers that answer the report's question, as far as they can be told.

    Args:
        observed: What mature customers have paid, or None.
        groups: Outlook of one-off customers by group, or None where there are too few.
        error: How the prediction of one-off purchases did before, or None.
        horizon_days: Length of the horizon.
        currency: The shop's currency.
        contracts: What running subscriptions are expected to bring, or None.
        customers: Customers of both kinds, each counted once; those of the groups if None.
    """
    if customers is None:
        customers = groups["total"].customers if groups else 0
    metrics = []
    if observed:
        metrics.append(_observed(observed, currency))
    if parts := [part["total"] for part in (groups, contracts and contracts.by_order) if part]:
        metrics.append(_expected(parts, customers, horizon_days, currency))
    if groups and REPEATERS in groups:
        metrics.append(_alive(groups[REPEATERS]))
    if contracts:
        metrics.append(_running(contracts))
    if error:
        metrics.append(_holdout(error))
    return metrics


def _expected(
    parts: Sequence[Outlook | SubscriptionOutlook],
    customers: int,
    horizon_days: int,
    currency: str,
) -> Metric:
    """Add one-off purchases and subscriptions, whose errors have nothing to do with each other."""
    value = sum(part.value_minor for part in parts)
    below = math.hypot(*(part.value_minor - part.value_minor_low for part in parts))
    above = math.hypot(*(part.value_minor_high - part.value_minor for part in parts))
    low, high = max(value - below, 0.0), value + above
    return Metric(
        name=f"expected_value_{horizon_days}d_minor",
        label=_("expected from all customers in the next {days} days").format(days=horizon_days),
        text=with_interval(
            *(format_money(minor, currency, whole=True) for minor in (value, low, high))
        ),
        value=value,
        low=low,
        high=high,
        n=customers,
        unit="minor",
    )


def _running(contracts: ContractValue) -> Metric:
    total = contracts.by_order["total"]
    return Metric(
        name="running_subscriptions",
        label=_("running subscriptions"),
        text=format_count(total.subscriptions),
        value=total.subscriptions,
        n=total.subscriptions,
        unit="subscriptions",
    )


def _observed(observed: ObservedValue, currency: str) -> Metric:
    ends = (observed.mean_minor, observed.low_minor, observed.high_minor)
    return Metric(
        name=f"observed_value_{observed.window_days}d_minor",
        label=_("paid by a customer within {days} days of the first purchase").format(
            days=observed.window_days
        ),
        text=with_interval(*(format_money(minor, currency) for minor in ends)),
        value=observed.mean_minor,
        low=observed.low_minor,
        high=observed.high_minor,
        n=observed.customers,
        unit="minor",
    )


def _alive(repeaters: Outlook) -> Metric:
    return Metric(
        name="alive_repeat_customers",
        label=_("repeat customers who are still customers"),
        text=with_interval(
            *(
                format_count(value)
                for value in (repeaters.alive, repeaters.alive_low, repeaters.alive_high)
            )
        ),
        value=repeaters.alive,
        low=repeaters.alive_low,
        high=repeaters.alive_high,
        n=repeaters.customers,
        unit="customers",
    )


def _holdout(error: PredictionError) -> Metric:
    shares = (error.bias_share, error.bias_low, error.bias_high)
    return Metric(
        name="holdout_bias_share",
        label=_("error of the same prediction on days it did not see"),
        text=with_interval(*(format_signed_share(share) for share in shares)),
        value=error.bias_share,
        low=error.bias_low,
        high=error.bias_high,
        n=error.customers,
        unit="share",
    )


def parameter_metrics(
    purchases: PurchaseModel, spend: SpendModel, *, currency: str
) -> list[Metric]:
    """Return the models' parameters as metrics, so that a run can be compared with another.

    Those of the spend model are in the currency itself, as the literature prints them.
    """
    minor_units = 10 ** decimals_of(currency)
    kind = purchases.kind
    model = {"bg_nbd": _("BG/NBD"), "mbg_nbd": _("MBG/NBD")}[kind]
    parameters = {
        f"{kind}_r": (purchases.r, _("{model} r").format(model=model)),
        f"{kind}_alpha_weeks": (purchases.alpha, _("{model} alpha, weeks").format(model=model)),
        f"{kind}_a": (purchases.a, _("{model} a").format(model=model)),
        f"{kind}_b": (purchases.b, _("{model} b").format(model=model)),
        f"{kind}_log_likelihood": (
            purchases.log_likelihood,
            _("{model} log-likelihood").format(model=model),
        ),
        "gamma_gamma_p": (spend.p, _("Gamma-Gamma p")),
        "gamma_gamma_q": (spend.q, _("Gamma-Gamma q")),
        "gamma_gamma_v": (spend.v_minor / minor_units, _("Gamma-Gamma v")),
        "gamma_gamma_log_likelihood": (
            spend.log_likelihood + spend.customers * math.log(minor_units),
            _("Gamma-Gamma log-likelihood"),
        ),
    }
    return [
        Metric(name, label, format_count(value, decimals=4), value)
        for name, (value, label) in parameters.items()
        if math.isfinite(value)
    ]


def findings(
    scored: pd.DataFrame,
    standings: pd.Series,
    groups: dict[str, Outlook],
    *,
    horizon_days: int,
    currency: str,
) -> list[Finding]:
    """Return what is worth acting on of ten or more people, with interval and money."""
    found = []
    shown = {name for name, group in groups.items() if group.customers >= MIN_SHOWN}
    if IN_DOUBT in shown:
        found.append(_in_doubt(scored[standings == IN_DOUBT], groups[IN_DOUBT], currency))
    if BOUGHT_ONCE in shown:
        found.append(_bought_once(groups[BOUGHT_ONCE], horizon_days, currency))
    return found


def _in_doubt(customers: pd.DataFrame, expected: Outlook, currency: str) -> Finding:
    stake = float(customers["value_if_alive_minor"].sum() - expected.value_minor)
    return Finding(
        name="customers_in_doubt",
        sentence=_(
            "{n} repeat customers may or may not have left (chance to be still a customer 33% to "
            "67%). They are expected to bring {expected}; if all of them stayed they would bring "
            "{stake} more. Write to them first."
        ).format(
            n=format_count(expected.customers),
            expected=_value_with_interval(expected, currency),
            stake=format_money(stake, currency, whole=True),
        ),
        value=expected.value_minor,
        low=expected.value_minor_low,
        high=expected.value_minor_high,
        n=expected.customers,
        money_minor=round(stake),
        money=_("{money} at stake").format(money=format_money(stake, currency, whole=True)),
    )


def _bought_once(expected: Outlook, horizon_days: int, currency: str) -> Finding:
    # What they are expected to bring comes by itself: no money is at stake in it.
    each = [
        value / expected.customers
        for value in (expected.value_minor, expected.value_minor_low, expected.value_minor_high)
    ]
    return Finding(
        name="one_time_buyers",
        sentence=_(
            "{n} customers bought once. Left alone, each is expected to bring {each} in the next "
            "{days} days: an offer that costs more per person than the margin on that pays only if "
            "it changes what they do, so test it on a part of them first."
        ).format(
            n=format_count(expected.customers),
            each=with_interval(*(format_money(minor, currency) for minor in each)),
            days=horizon_days,
        ),
        value=each[0],
        low=each[1],
        high=each[2],
        n=expected.customers,
    )


def _value_with_interval(expected: Outlook, currency: str) -> str:
    return with_interval(
        *(
            format_money(minor, currency, whole=True)
            for minor in (expected.value_minor, expected.value_minor_low, expected.value_minor_high)
        )
    )
