"""The tables of the lifetime-value report, as a reader sees them."""

from datetime import date

import numpy as np
import pandas as pd

from analysis.figures import Table
from analysis.language import _
from analysis.ltv.activity import STANDINGS, standing_label
from analysis.ltv.holdout import PredictionError
from analysis.ltv.predictive import Outlook
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.spend import SpendModel
from analysis.money import decimals_of
from analysis.style import (
    format_count,
    format_date,
    format_interval,
    format_money,
    format_share,
    format_signed_share,
)

_Z_95 = 1.959964


def outlook_table(
    groups: dict[str, Outlook], *, as_of: date, horizon_days: int, currency: str
) -> Table:
    """Return the expected purchases and value of each group as a table for a page."""
    rows = [name for name in (*STANDINGS, "total") if name in groups]
    frame = pd.DataFrame(
        {
            _("customers by chance to be still one"): [standing_label(name) for name in rows],
            _("customers"): [groups[name].customers for name in rows],
            _("purchases expected"): [round(groups[name].purchases) for name in rows],
            _("value expected"): [
                format_money(groups[name].value_minor, currency, whole=True) for name in rows
            ],
            _("95% interval"): [
                format_interval(
                    groups[name].value_minor_low,
                    groups[name].value_minor_high,
                    lambda minor: format_money(minor, currency, whole=True),
                )
                for name in rows
            ],
            _("per customer"): [
                format_money(groups[name].value_minor / groups[name].customers, currency)
                for name in rows
            ],
        }
    )
    caption = _("Expected in the {days} days after {day}").format(
        days=horizon_days, day=format_date(as_of)
    )
    return Table(frame, caption)


def error_table(model: PredictionError, naive: PredictionError, *, holdout_days: int) -> Table:
    """Return the errors of the model and of the naive rate as a table for a page."""
    errors = (model, naive)
    rows = {
        _("purchases predicted"): [format_count(error.predicted) for error in errors],
        _("purchases made"): [format_count(error.actual) for error in errors],
        _("error of the total"): [format_signed_share(error.bias_share) for error in errors],
        _("its 95% interval"): [
            format_interval(error.bias_low, error.bias_high, format_signed_share)
            for error in errors
        ],
        _("mean absolute error per customer, purchases"): [
            format_count(error.mean_absolute_error, decimals=2) for error in errors
        ],
        _("root mean squared error, purchases"): [
            format_count(error.root_mean_squared_error, decimals=2) for error in errors
        ],
        _("correlation with what customers did"): [
            format_count(error.correlation, decimals=2) for error in errors
        ],
    }
    frame = pd.DataFrame(
        [(name, *values) for name, values in rows.items()],
        columns=[
            _("{n} customers").format(n=format_count(model.customers)),
            _("model"),
            _("going on as before"),
        ],
    )
    caption = _("Errors over {days} days that the predictions did not see").format(
        days=holdout_days
    )
    return Table(frame, caption)


def decile_table(paid: pd.DataFrame, expected: pd.DataFrame, *, currency: str) -> Table:
    """Return paid and expected value by decile of the customers as a table for a page."""
    frame = pd.DataFrame(
        {
            _("decile"): [f"{decile}" for decile in paid["decile"]],
            _("customers"): paid["customers"],
            _("paid so far, mean"): [format_money(minor, currency) for minor in paid["mean_minor"]],
            _("share"): [format_share(share) for share in paid["share"]],
            _("running share"): [format_share(share) for share in paid["running_share"]],
            _("expected, mean"): [
                format_money(minor, currency) for minor in expected["mean_minor"]
            ],
            _("expected, share"): [format_share(share) for share in expected["share"]],
        }
    )
    return Table(frame, _("Paid and expected value by decile"))


def parameter_table(purchases: PurchaseModel, spend: SpendModel, *, currency: str) -> Table:
    """Return the estimates of both models with 95% intervals as a table for a page."""
    names = [
        _("r, shape of buying rates"),
        _("alpha, in weeks"),
        _("a, leaving"),
        _("b, staying"),
        _("p, shape of amounts"),
        _("q, shape of customers' means"),
        _("v, in {currency}").format(currency=currency),
    ]
    estimates = np.array(
        [*purchases[:4], spend.p, spend.q, spend.v_minor / 10 ** decimals_of(currency)]
    )
    spread = np.exp(
        _Z_95
        * np.sqrt(
            np.concatenate([purchases.log_covariance.diagonal(), spend.log_covariance.diagonal()])
        )
    )
    frame = pd.DataFrame(
        {
            _("parameter"): names,
            _("estimate"): [format_count(value, decimals=3) for value in estimates],
            _("95% interval"): [
                format_interval(low, high, lambda value: format_count(value, decimals=3))
                for low, high in zip(estimates / spread, estimates * spread, strict=True)
            ],
        }
    )
    return Table(frame, _("Parameters of the models fitted on the whole history"))
