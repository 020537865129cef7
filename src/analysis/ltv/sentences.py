"""What the lifetime-value report says: results in; metrics, findings and sentences out."""

import math

import pandas as pd

from analysis.findings import Finding, Metric
from analysis.language import _
from analysis.ltv.activity import BOUGHT_ONCE, IN_DOUBT
from analysis.ltv.holdout import PredictionError
from analysis.ltv.observed import ObservedValue
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.scoring import Outlook
from analysis.ltv.spend import SpendModel
from analysis.money import decimals_of
from analysis.style import format_count, format_money, format_share, format_signed_share


def with_interval(text: str, low: str, high: str) -> str:
    """Write an estimate with its interval.

    >>> with_interval("$9", "$7", "$11")
    '$9 [$7 to $11]'
    """
    return f"{text} [{low} to {high}]"


def headline(
    observed: ObservedValue | None,
    groups: dict[str, Outlook],
    error: PredictionError,
    *,
    horizon_days: int,
    currency: str,
) -> list[Metric]:
    """Return the numbers that answer the report's question."""
    total, once = groups["total"], groups.get(BOUGHT_ONCE)
    repeaters = total.customers - (once.customers if once else 0)
    alive = [
        value - (once.customers if once else 0)
        for value in (total.alive, total.alive_low, total.alive_high)
    ]

    def money(minor: float) -> str:
        return format_money(minor, currency, whole=True)

    metrics = [
        Metric(
            name=f"expected_value_{horizon_days}d_minor",
            label=_("expected from all customers in the next {days} days").format(
                days=horizon_days
            ),
            text=with_interval(
                money(total.value_minor),
                money(total.value_minor_low),
                money(total.value_minor_high),
            ),
            value=total.value_minor,
            low=total.value_minor_low,
            high=total.value_minor_high,
            n=total.customers,
            unit="minor",
        ),
        Metric(
            name="alive_repeat_customers",
            label=_("repeat customers who are still customers"),
            text=with_interval(*(format_count(value) for value in alive)),
            value=alive[0],
            low=alive[1],
            high=alive[2],
            n=repeaters,
            unit="customers",
        ),
        Metric(
            name="holdout_bias_share",
            label=_("error of the same prediction on days it did not see"),
            text=with_interval(
                *(
                    format_signed_share(share)
                    for share in (error.bias_share, error.bias_low, error.bias_high)
                )
            ),
            value=error.bias_share,
            low=error.bias_low,
            high=error.bias_high,
            n=error.customers,
            unit="share",
        ),
    ]
    if observed:
        metrics.insert(
            0,
            Metric(
                name=f"observed_value_{observed.window_days}d_minor",
                label=_("paid by a customer within {days} days of the first purchase").format(
                    days=observed.window_days
                ),
                text=with_interval(
                    *(
                        format_money(minor, currency)
                        for minor in (observed.mean_minor, observed.low_minor, observed.high_minor)
                    )
                ),
                value=observed.mean_minor,
                low=observed.low_minor,
                high=observed.high_minor,
                n=observed.customers,
                unit="minor",
            ),
        )
    return metrics


def parameter_metrics(
    purchases: PurchaseModel, spend: SpendModel, *, currency: str
) -> list[Metric]:
    """Return the models' parameters as metrics, so that a run can be compared with another.

    Those of the spend model are in the currency itself, as the literature prints them.
    """
    minor_units = 10 ** decimals_of(currency)
    parameters = {
        "bg_nbd_r": (purchases.r, _("BG/NBD r")),
        "bg_nbd_alpha_weeks": (purchases.alpha, _("BG/NBD alpha, weeks")),
        "bg_nbd_a": (purchases.a, _("BG/NBD a")),
        "bg_nbd_b": (purchases.b, _("BG/NBD b")),
        "bg_nbd_log_likelihood": (purchases.log_likelihood, _("BG/NBD log-likelihood")),
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
    ]


def findings(
    scored: pd.DataFrame,
    standings: pd.Series,
    groups: dict[str, Outlook],
    *,
    horizon_days: int,
    currency: str,
) -> list[Finding]:
    """Return what is worth acting on, each with people, interval and money."""
    found = []
    if IN_DOUBT in groups:
        found.append(_in_doubt(scored[standings == IN_DOUBT], groups[IN_DOUBT], currency))
    if BOUGHT_ONCE in groups:
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
        money_minor=round(expected.value_minor),
        money=_("{money} expected").format(
            money=format_money(expected.value_minor, currency, whole=True)
        ),
    )


def _value_with_interval(expected: Outlook, currency: str) -> str:
    return with_interval(
        *(
            format_money(minor, currency, whole=True)
            for minor in (expected.value_minor, expected.value_minor_low, expected.value_minor_high)
        )
    )


def answer_sentence(error: PredictionError) -> str:
    """Say on the first screen how far the expected value is to be trusted."""
    if error.bias_low <= 0 <= error.bias_high:
        return _(
            "On days it did not see, the prediction was right within its uncertainty "
            "[{low} to {high}]."
        ).format(low=format_signed_share(error.bias_low), high=format_signed_share(error.bias_high))
    said = (
        _("On days it did not see, the prediction was {share} too low. ")
        if error.bias_share < 0
        else _("On days it did not see, the prediction was {share} too high. ")
    )
    return said.format(share=format_share(abs(error.bias_share))) + _(
        "The interval of the expected value does not hold this error: read it as wider."
    )


def observed_sentence(observed: ObservedValue | None, *, wanted_days: int, currency: str) -> str:
    """Say what a customer has been worth so far, or why that cannot be said yet."""
    if observed is None:
        return _(
            "No month of first purchases is old enough to say what customers pay within even 30 "
            "days. Come back when at least 30 customers of one month are."
        )
    said = _("{n} customers of mature months paid {value} each within {days} days.").format(
        n=format_count(observed.customers),
        value=with_interval(
            *(
                format_money(minor, currency)
                for minor in (observed.mean_minor, observed.low_minor, observed.high_minor)
            )
        ),
        days=observed.window_days,
    )
    if observed.window_days < wanted_days:
        said += " " + _(
            "No month is {wanted} days old yet, so the longest shorter window is shown."
        ).format(wanted=wanted_days)
    return said


def outlook_sentence(groups: dict[str, Outlook], error: PredictionError) -> str:
    """Say what the interval of the outlook holds and what it does not."""
    total = groups["total"]
    return _(
        "{purchases} purchases are expected [{low} to {high}]. The interval holds chance and the "
        "uncertainty of the parameters. It does not hold the error of the model itself: on days it "
        "did not see, the same model predicted {bias} of what happened."
    ).format(
        purchases=format_count(total.purchases),
        low=format_count(total.purchases_low),
        high=format_count(total.purchases_high),
        bias=format_share(1 + error.bias_share),
    )


def alive_sentence(groups: dict[str, Outlook]) -> str:
    """Say how many customers are still customers, and of whom the model cannot tell."""
    once = groups.get(BOUGHT_ONCE)
    if once is None:
        return _("Every customer has bought at least twice.")
    return _(
        "The model cannot say who of the {n} customers who bought once has left: it lets customers "
        "leave only after a second purchase. Their expected value above is right on average; their "
        "chance to be still a customer is not shown."
    ).format(n=format_count(once.customers))


def trust_sentence(error: PredictionError, *, max_error_share: float) -> str:
    """Say whether the prediction passes its check."""
    said = _(
        "Fitted on the first part only, the model predicted {predicted} repeat purchases for the "
        "rest; {actual} were made: an error of {bias}."
    ).format(
        predicted=format_count(error.predicted),
        actual=format_count(error.actual),
        bias=with_interval(
            *(
                format_signed_share(share)
                for share in (error.bias_share, error.bias_low, error.bias_high)
            )
        ),
    )
    verdict = (
        _("That is within the limit of {limit}.")
        if abs(error.bias_share) <= max_error_share
        else _(
            "That is beyond the limit of {limit}: do not plan budgets with the expected values of "
            "this report. The ranking of customers may still be of use."
        )
    )
    return f"{said} {verdict.format(limit=format_share(max_error_share))}"


def concentration_sentence(paid: pd.DataFrame, expected: pd.DataFrame) -> str:
    """Say how much of the value the best decile of the customers holds."""
    return _(
        "The best decile ({n} customers) paid {paid} of everything so far; the decile expected to "
        "be best will bring {expected} of what is to come."
    ).format(
        n=format_count(paid["customers"].iloc[0]),
        paid=format_share(paid["share"].iloc[0]),
        expected=format_share(expected["share"].iloc[0]),
    )
