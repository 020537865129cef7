"""What is the next new customer worth? The first purchase and what follows it."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.intervals import z_score
from analysis.ltv.predictive import draw_purchase_models, draw_spend_models
from analysis.ltv.purchases import PurchaseModel, expected_new, expected_new_each
from analysis.ltv.spend import SpendModel

_DRAWS = 400


class NewCustomer(NamedTuple):
    """What a new one-off customer is expected to do within a horizon, on average.

    Attributes:
        repeats: Repeat purchases.
        repeats_low: Lower end of the 95% interval of that mean.
        repeats_high: Upper end.
        value_minor: Amount in minor units, the first purchase included.
        value_minor_low: Lower end.
        value_minor_high: Upper end.
        first_minor: Mean amount of the first purchase.
        customers: Customers that it rests on.
    """

    repeats: float
    repeats_low: float
    repeats_high: float
    value_minor: float
    value_minor_low: float
    value_minor_high: float
    first_minor: float
    customers: int


def new_customer(
    scored: pd.DataFrame,
    purchases: PurchaseModel,
    spend: SpendModel,
    *,
    horizon_days: int,
    seed: int = 1,
) -> NewCustomer:
    """Expect what a new customer will do: mean first purchase + E[X(t)] times E[amount].

    The intervals are those of the mean of many new customers: they hold the uncertainty of the
    parameters and of the mean first purchase, not how far one customer may stray from the mean.

    Args:
        scored: Columns `amount_minor` and `repeat_amount_minor`, one row a customer.
        purchases: A fitted purchase model.
        spend: A fitted spend model.
        horizon_days: Days from the first purchase.
        seed: Seed of the draws of the parameters.
    """
    first = (scored["amount_minor"] - scored["repeat_amount_minor"]).to_numpy(float)
    rng = np.random.default_rng(seed)
    horizon = np.array([float(horizon_days)])
    repeats = float(expected_new(purchases, horizon)[0])
    drawn = expected_new_each(draw_purchase_models(purchases, rng, _DRAWS), horizon)[:, 0]
    amounts = np.array([each.mean_minor for each in draw_spend_models(spend, rng, _DRAWS)])
    value = float(first.mean()) + repeats * spend.mean_minor
    spread = np.sqrt(
        (drawn * amounts).var(ddof=1) + first.var(ddof=1) / len(first) if len(first) > 1 else 0.0
    )
    margin, repeat_margin = z_score(0.95) * spread, z_score(0.95) * drawn.std(ddof=1)
    return NewCustomer(
        repeats,
        max(repeats - repeat_margin, 0.0),
        repeats + repeat_margin,
        value,
        max(value - float(margin), 0.0),
        value + float(margin),
        float(first.mean()),
        len(first),
    )
