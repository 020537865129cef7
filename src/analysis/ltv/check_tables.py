"""The tables that check the models, as a reader sees them."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.figures import Table
from analysis.intervals import z_score
from analysis.language import _
from analysis.ltv.comparison import ORACLE, Comparison, MethodScore, method_label
from analysis.ltv.holdout import PredictionError
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.spend import SpendModel
from analysis.money import decimals_of
from analysis.style import (
    NOTHING,
    format_count,
    format_interval,
    format_money,
    format_share,
    format_signed_share,
)


def purchases_method_table(comparison: Comparison) -> Table:
    """Return how every method predicted purchases, as a table for a page."""
    return _method_table(
        comparison,
        _("{actual} purchases of {n} customers in {days} days that no prediction saw"),
        error_of=lambda score: score.error,
        ranks=lambda score: (score.gini, score.capture),
        write=lambda value: format_count(value, decimals=2),
        total=format_count,
    )


def value_method_table(comparison: Comparison, *, currency: str) -> Table | None:
    """Return how every method predicted amounts, as a table for a page."""
    if comparison.value_gain is None:
        return None
    return _method_table(
        comparison,
        _("{actual} paid by {n} customers in {days} days that no prediction saw"),
        error_of=lambda score: score.value_error,
        ranks=lambda score: (score.value_gini, score.value_capture),
        write=lambda value: format_money(value, currency),
        total=lambda value: format_money(value, currency, whole=True),
    )


def _method_table(
    comparison: Comparison,
    caption: str,
    *,
    error_of: Callable[[MethodScore], PredictionError],
    ranks: Callable[[MethodScore], tuple[float, float]],
    write: Callable[[float], str],
    total: Callable[[float], str],
) -> Table:
    scores = list(comparison.scores.values())
    errors = [error_of(score) for score in scores]
    frame = pd.DataFrame(
        {
            _("prediction"): [method_label(score.name) for score in scores],
            _("total"): [total(error.predicted) for error in errors],
            _("its error"): [format_signed_share(error.bias_share) for error in errors],
            _("95% interval"): [_bias_interval(score.name, error_of(score)) for score in scores],
            _("error per customer"): [write(error.mean_absolute_error) for error in errors],
            _("ranking (1 is perfect)"): [
                format_count(ranks(score)[0], decimals=3) for score in scores
            ],
            _("best tenth brings"): [format_share(ranks(score)[1]) for score in scores],
        }
    )
    text = caption.format(
        actual=total(errors[0].actual),
        days=comparison.holdout_days,
        n=format_count(len(comparison.predicted)),
    )
    return Table(frame, text)


def _bias_interval(name: str, error: PredictionError) -> str:
    if name == ORACLE:
        return NOTHING
    return format_interval(
        error.bias_low, error.bias_high, lambda share: format_signed_share(share, decimals=0)
    )


def purchase_model_table(models: dict[str, PurchaseModel]) -> Table:
    """Return parameters, likelihood and AIC of the purchase models side by side."""
    names = [
        _("r, shape of buying rates"),
        _("alpha, in weeks"),
        _("a, leaving"),
        _("b, staying"),
        _("log-likelihood"),
        _("AIC, lower is better"),
    ]
    columns: dict[str, list[str]] = {_("parameter"): names}
    for kind, model in models.items():
        label = method_label(kind)
        columns[label] = [
            *(format_count(value, decimals=3) for value in model[:4]),
            format_count(model.log_likelihood, decimals=1),
            format_count(model.aic, decimals=1),
        ]
        columns[_("{model}, 95% interval").format(model=label)] = [
            *_intervals(model[:4], model.log_covariance),
            NOTHING,
            NOTHING,
        ]
    return Table(pd.DataFrame(columns), _("Purchase models, fitted on the whole history"))


def spend_model_table(spend: SpendModel, *, currency: str) -> Table:
    """Return the parameters of the spend model with 95% intervals as a table for a page."""
    estimates = [spend.p, spend.q, spend.v_minor / 10 ** decimals_of(currency)]
    frame = pd.DataFrame(
        {
            _("parameter"): [
                _("p, shape of amounts"),
                _("q, shape of customers' means"),
                _("v, in {currency}").format(currency=currency),
            ],
            _("Gamma-Gamma"): [format_count(value, decimals=3) for value in estimates],
            _("95% interval"): _intervals(estimates, spend.log_covariance),
        }
    )
    return Table(frame, _("Spend model, fitted on the whole history"))


def _intervals(estimates: list[float], log_covariance: np.ndarray) -> list[str]:
    # A parameter at an edge of what it can be has no variance, and no interval.
    spread = np.exp(z_score(0.95) * np.sqrt(log_covariance.diagonal()))
    return [
        format_interval(value / factor, value * factor, lambda end: format_count(end, decimals=3))
        if factor > 1
        else _("no interval")
        for value, factor in zip(estimates, spread, strict=True)
    ]
