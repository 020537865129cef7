"""Which prediction was closest? Models, going on as before, and perfect foresight, side by side."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.language import _
from analysis.ltv.holdout import PredictionError, predict_holdout, prediction_error
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.ranking import RankingGain, normalized_gini, ranking_gain, top_capture
from analysis.ltv.spend import SpendModel, expected_spend

NAIVE, SO_FAR, ORACLE = "naive", "so_far", "oracle"
_NAIVES = (NAIVE, SO_FAR)


class MethodScore(NamedTuple):
    """How well one way to predict did on days it did not see.

    Attributes:
        name: Name of a model, `naive` (everybody goes on at the pace so far), `so_far` (everybody
            buys as much again as so far), or `oracle` (who knows what will happen).
        error: Level and errors of purchases.
        gini: Normalized Gini of purchases: 1 ranks customers as well as the oracle.
        capture: Share of all purchases made by the predicted top tenth of the customers.
        value_error: Level and errors of amounts, in minor units.
        value_gini: Normalized Gini of amounts.
        value_capture: Share of all amounts paid by the predicted top tenth.
    """

    name: str
    error: PredictionError
    gini: float
    capture: float
    value_error: PredictionError | None = None
    value_gini: float = np.nan
    value_capture: float = np.nan


class Rivals(NamedTuple):
    """The naive predictions that do best at each of two things.

    Attributes:
        ranking: The one of the highest normalized Gini.
        error: The one of the smallest mean absolute error.
    """

    ranking: str
    error: str


class Comparison(NamedTuple):
    """What was predicted and what came, for every method.

    Attributes:
        predicted: One row a customer, with what each method predicted and what came.
        scores: Method to its score: models, the two naive ones, the oracle.
        rivals: What the chosen model is measured by, which may be two different naive ones.
        gain: How much better the chosen model ranks purchases than the naive one that ranks best.
        closeness: How much closer it comes than the naive one that comes closest.
        value_rivals: The same for amounts.
        value_gain: The same for amounts, or None where amounts could not be predicted.
        holdout_days: Length of the holdout period.
    """

    predicted: pd.DataFrame
    scores: dict[str, MethodScore]
    rivals: Rivals
    gain: RankingGain
    closeness: RankingGain
    value_rivals: Rivals | None
    value_gain: RankingGain | None
    holdout_days: int


def method_label(name: str) -> str:
    """Return the name of a way to predict as a reader sees it.

    >>> method_label("naive")
    'going on as before'
    """
    return {
        "bg_nbd": _("BG/NBD"),
        "mbg_nbd": _("MBG/NBD"),
        NAIVE: _("going on as before"),
        SO_FAR: _("as much again"),
        ORACLE: _("perfect foresight"),
    }[name]


def compare(
    holdout: pd.DataFrame,
    models: Mapping[str, PurchaseModel],
    spend: SpendModel | None,
    *,
    holdout_days: int,
) -> Comparison:
    """Predict the holdout by every model, naively and by the oracle, and score them.

    Amounts are predicted by purchases times expected amount per purchase; naively by what was paid
    so far times holdout days over days since the first purchase, or by just what was paid so far.

    Args:
        holdout: `sql/btyd_holdout.sql`.
        models: Name to a model fitted on the calibration period only; the first is the chosen one.
        spend: A spend model fitted on the calibration period only, or None.
        holdout_days: Length of the holdout period.

    Raises:
        DataError: Nobody bought in the holdout period, or everybody equally often.
    """
    rows = predict_holdout(holdout, models, holdout_days=holdout_days)
    rows = rows.assign(so_far=rows["frequency"], oracle=rows["holdout_frequency"])
    methods = [*models, NAIVE, SO_FAR, ORACLE]
    paid = rows["holdout_amount_minor"]
    has_value = spend is not None and paid.sum() > 0 and bool(np.ptp(paid))
    if has_value:
        amount = expected_spend(spend, rows["frequency"], rows["repeat_amount_minor"])
        age = np.maximum(rows["age_days"].to_numpy(float), 1)
        rows = rows.assign(
            **{f"{name}_value": rows[name] * amount for name in models},
            naive_value=rows["amount_minor"] * holdout_days / age,
            so_far_value=rows["amount_minor"],
            oracle_value=rows["holdout_amount_minor"],
        )
    chosen = methods[0]
    scores = {name: _score(rows, name, has_value=has_value) for name in methods}
    rivals = Rivals(
        max(_NAIVES, key=lambda name: scores[name].gini),
        min(_NAIVES, key=lambda name: scores[name].error.mean_absolute_error),
    )
    gain = ranking_gain(rows, chosen, rivals.ranking)
    closeness = gain if len({*rivals}) == 1 else ranking_gain(rows, chosen, rivals.error)
    value_rivals = value_gain = None
    if has_value:
        value_rivals = _value_rivals(scores)
        value_gain = ranking_gain(
            rows,
            f"{chosen}_value",
            f"{value_rivals.ranking}_value",
            actual="holdout_amount_minor",
        )
    return Comparison(rows, scores, rivals, gain, closeness, value_rivals, value_gain, holdout_days)


def _value_rivals(scores: dict[str, MethodScore]) -> Rivals:
    def mean_error(name: str) -> float:
        error = scores[name].value_error
        return error.mean_absolute_error if error else np.inf

    return Rivals(
        max(_NAIVES, key=lambda name: scores[name].value_gini), min(_NAIVES, key=mean_error)
    )


def _score(rows: pd.DataFrame, name: str, *, has_value: bool) -> MethodScore:
    def of(column: str, actual: str) -> tuple[PredictionError, float, float]:
        predicted, came = rows[column], rows[actual]
        return (
            prediction_error(predicted, came),
            normalized_gini(predicted.to_numpy(float), came.to_numpy(float)),
            top_capture(predicted.to_numpy(float), came.to_numpy(float)),
        )

    purchases = of(name, "holdout_frequency")
    if not has_value:
        return MethodScore(name, *purchases)
    return MethodScore(name, *purchases, *of(f"{name}_value", "holdout_amount_minor"))
