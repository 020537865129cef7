"""One-off customers of a shop, read, modelled and scored in one go; and the check of the models."""

from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.churn.transitions import has_subscriptions
from analysis.errors import DataError
from analysis.language import _
from analysis.ltv.activity import REPEATER_STANDINGS, REPEATERS, standing
from analysis.ltv.comparison import Comparison, compare
from analysis.ltv.holdout import MIN_WEEKS, split_day, whole_weeks
from analysis.ltv.predictive import Outlook, outlook
from analysis.ltv.purchase_counts import Fit, fit_by_count
from analysis.ltv.purchases import (
    MIN_REPEAT_CUSTOMERS,
    PurchaseModel,
    PurchaseModelKind,
    fit_purchases,
)
from analysis.ltv.reliability import Reliability, reliability
from analysis.ltv.scoring import score
from analysis.ltv.spend import SpendModel, fit_spend
from analysis.ltv.tracking import track
from analysis.shop import Shop
from analysis.style import format_count, format_date

_KINDS: tuple[PurchaseModelKind, ...] = ("bg_nbd", "mbg_nbd")
# So large that own purchases move nobody's expected amount.
_EVERYBODY_ALIKE = 1e9


class OneOff(NamedTuple):
    """What customers who buy one by one are expected to do.

    Attributes:
        models: Both purchase models by kind, the chosen one first.
        spend: The spend model; everybody's mean amount where none can be fitted.
        spend_problem: Why no spend model could be fitted; empty where one was.
        scored: What `ltv.score` returned.
        standings: What `ltv.standing` returned.
        outlook: What `ltv.outlook` returned, by standing, and of all repeat customers.
        horizon_days: Length of the horizon.
    """

    models: dict[PurchaseModelKind, PurchaseModel]
    spend: SpendModel
    spend_problem: str
    scored: pd.DataFrame
    standings: pd.Series
    outlook: dict[str, Outlook]
    horizon_days: int

    @property
    def purchases(self) -> PurchaseModel:
        """The chosen purchase model."""
        return next(iter(self.models.values()))


class ModelCheck(NamedTuple):
    """What the same models, fitted on the first part of the history, make of the rest.

    Attributes:
        split_day: Last day that they saw.
        fit: Whether the chosen model fits what it saw.
        comparison: Every method's predictions and scores.
        reliability: Chances to buy against what came, or None with too few customers.
        tracked: Actual and expected purchases week by week.
    """

    split_day: date
    fit: Fit
    comparison: Comparison
    reliability: Reliability | None
    tracked: pd.DataFrame


def read_one_off(
    shop: Shop,
    *,
    horizon_days: int,
    kind: PurchaseModelKind,
    margin_share: float | None,
    annual_discount_rate: float,
) -> OneOff | None:
    """Fit the models on the whole history and score everybody.

    Subscription orders are left out: who leaves a subscription says so.

    Args:
        shop: The shop.
        horizon_days: Length of the horizon.
        kind: The chosen purchase model; the other is fitted beside it.
        margin_share: Gross profit per unit of revenue, or None where it is not known.
        annual_discount_rate: What a year's wait takes off the worth of money.

    Returns:
        The result, or None for a shop with subscriptions and too few who buy one by one.

    Raises:
        DataError: A shop without subscriptions has too few customers to predict.
    """
    cells = shop.reduce("btyd_cells")
    try:
        models = {name: fit_purchases(cells, kind=name) for name in _kinds(kind)}
    except DataError:
        if has_subscriptions(shop):
            return None
        raise
    spend, problem = fit_amounts(shop.reduce("spend_cells"))
    scored = score(
        shop.reduce("btyd_summary"),
        models[kind],
        spend,
        horizon_days=horizon_days,
        margin_share=margin_share or 1.0,
        annual_discount_rate=annual_discount_rate,
    )
    standings = standing(scored)
    expected = outlook(
        scored,
        models[kind],
        spend,
        horizon_days=horizon_days,
        groups=standings,
        unions={REPEATERS: REPEATER_STANDINGS},
    )
    return OneOff(models, spend, problem, scored, standings, expected, horizon_days)


def check_models(
    shop: Shop, *, kind: PurchaseModelKind, calibration_end: str = ""
) -> tuple[ModelCheck | None, str]:
    """Fit the models on the first part of the history only, and compare with the rest.

    Returns:
        The check and an empty text; or None and why the prediction cannot be checked: the history
        is too short to be split, or too few customers bought again in either part.

    Raises:
        ParameterError: The split is no date within the history.
    """
    split = split_day(shop.first_day, shop.as_of, calibration_end=calibration_end)
    if split is None:
        return None, _too_short(shop)
    cells = shop.reduce("btyd_cells", as_of=split)
    holdout = shop.reduce("btyd_holdout", calibration_end=split)
    if problem := _nothing_to_check(cells, holdout, split):
        return None, problem
    return _check(shop, cells, holdout, split=split, kind=kind), ""


def _check(
    shop: Shop,
    cells: pd.DataFrame,
    holdout: pd.DataFrame,
    *,
    split: date,
    kind: PurchaseModelKind,
) -> ModelCheck:
    holdout_days = (shop.as_of - split).days
    models = {name: fit_purchases(cells, kind=name) for name in _kinds(kind)}
    amounts = shop.reduce("spend_cells", as_of=split)
    spend = fit_amounts(amounts)[0] if (amounts["repeat_amount_minor"] > 0).any() else None
    return ModelCheck(
        split_day=split,
        fit=fit_by_count(cells, models[kind]),
        comparison=compare(holdout, models, spend, holdout_days=holdout_days),
        reliability=reliability(holdout, models[kind], holdout_days=holdout_days),
        tracked=track(
            shop.reduce("purchases_by_day", acquired_by=split),
            models[kind],
            first_day=shop.first_day,
            as_of=shop.as_of,
        ),
    )


def _too_short(shop: Shop) -> str:
    return _(
        "The prediction cannot be checked yet: the orders cover {weeks} weeks, and that takes "
        "{least}."
    ).format(weeks=whole_weeks(shop.first_day, shop.as_of), least=MIN_WEEKS)


def _nothing_to_check(cells: pd.DataFrame, holdout: pd.DataFrame, split: date) -> str:
    """Say why models cannot be fitted before the split or compared after it, or nothing."""
    repeaters = int(cells.loc[cells["frequency"] > 0, "customers"].sum())
    if repeaters < MIN_REPEAT_CUSTOMERS:
        return _(
            "The prediction cannot be checked yet: by {day}, the last day that it may see, {n} "
            "customers had bought again, and that takes {least}."
        ).format(day=format_date(split), n=format_count(repeaters), least=MIN_REPEAT_CUSTOMERS)
    if not np.ptp(holdout["holdout_frequency"]):
        return _(
            "The prediction cannot be checked: after {day}, the last day that it may see, nobody "
            "bought again, or everybody equally often."
        ).format(day=format_date(split))
    return ""


def fit_amounts(cells: pd.DataFrame) -> tuple[SpendModel, str]:
    """Fit the spend model, or give everybody the mean amount and say why.

    Args:
        cells: `sql/spend_cells.sql`.

    Raises:
        DataError: Nobody paid anything for a repeat purchase.
    """
    try:
        return fit_spend(cells), ""
    except DataError as error:
        if not (cells["repeat_amount_minor"] > 0).any():
            raise
        return everybodys_mean(cells), str(error)


def everybodys_mean(cells: pd.DataFrame) -> SpendModel:
    """Return a spend model in which every customer is expected to pay the same, the mean."""
    paid = float(cells["repeat_amount_minor"] @ cells["customers"])
    purchases = float(cells["frequency"] @ cells["customers"])
    paying = cells["repeat_amount_minor"] > 0
    return SpendModel(
        p=1.0,
        q=_EVERYBODY_ALIKE + 1,
        v_minor=paid / purchases * _EVERYBODY_ALIKE,
        log_likelihood=float("nan"),
        log_covariance=np.zeros((3, 3)),
        customers=int(cells.loc[paying, "customers"].sum()),
        without_value=int(cells.loc[~paying, "customers"].sum()),
        value_frequency_correlation=0.0,
    )


def _kinds(chosen: PurchaseModelKind) -> tuple[PurchaseModelKind, ...]:
    return (chosen, *(kind for kind in _KINDS if kind != chosen))
