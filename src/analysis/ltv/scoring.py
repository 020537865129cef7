"""What will customers be worth over a horizon, one by one and together, and how sure is that?"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.ltv.purchases import (
    DAYS_PER_WEEK,
    PurchaseModel,
    alive_probability,
    check_horizon,
    expected_if_alive,
)
from analysis.ltv.spend import SpendModel, expected_spend

# Of a normal distribution: totals over many customers follow one closely.
_Z_95 = 1.959964
DRAWS = 200


class Outlook(NamedTuple):
    """What one group of customers is expected to do within a horizon, with 95% intervals.

    The intervals are predictive: they hold the uncertainty of the parameters and the chance in what
    each customer does.

    Attributes:
        customers: Customers in the group.
        alive: How many of them have not left, as the sum of their chances.
        alive_low: Lower end of the interval.
        alive_high: Upper end of the interval.
        purchases: Expected purchases.
        purchases_low: Lower end of the interval.
        purchases_high: Upper end of the interval.
        value_minor: Expected amount in minor units.
        value_minor_low: Lower end of the interval.
        value_minor_high: Upper end of the interval.
    """

    customers: int
    alive: float
    alive_low: float
    alive_high: float
    purchases: float
    purchases_low: float
    purchases_high: float
    value_minor: float
    value_minor_low: float
    value_minor_high: float


def score(
    summary: pd.DataFrame,
    purchases: PurchaseModel,
    spend: SpendModel,
    *,
    horizon_days: int,
) -> pd.DataFrame:
    """Predict each customer.

    Args:
        summary: Columns `frequency`, `recency_days`, `age_days`, `repeat_amount_minor`
            (`sql/btyd_summary.sql`).
        purchases: A fitted purchase model.
        spend: A fitted spend model.
        horizon_days: Length of the horizon.

    Returns:
        The summary with `silent_days` (since the last purchase), `alive_probability`,
        `expected_purchases`, `expected_spend_minor` (per purchase), `expected_value_minor` and
        `value_if_alive_minor` (both over the horizon, undiscounted).

    Raises:
        ParameterError: The horizon is shorter than a day.
    """
    check_horizon(horizon_days)
    frequency, recency, age = (
        summary[column].to_numpy(float) for column in ("frequency", "recency_days", "age_days")
    )
    alive = alive_probability(purchases, frequency, recency, age)
    if_alive = expected_if_alive(purchases, frequency, age, horizon_days)
    amount = expected_spend(spend, frequency, summary["repeat_amount_minor"].to_numpy(float))
    return summary.assign(
        silent_days=summary["age_days"] - summary["recency_days"],
        alive_probability=alive,
        expected_purchases=alive * if_alive,
        expected_spend_minor=amount,
        expected_value_minor=alive * if_alive * amount,
        value_if_alive_minor=if_alive * amount,
    )


def outlook(
    scored: pd.DataFrame,
    purchases: PurchaseModel,
    spend: SpendModel,
    *,
    horizon_days: int,
    groups: pd.Series,
    seed: int = 1,
    draws: int = DRAWS,
) -> dict[str, Outlook]:
    """Sum the predictions over groups of customers, with predictive intervals.

    Expectations are exact. Intervals come from joint draws of parameters (normal around the logs
    of the estimates), of who is still alive (Bernoulli), of rates and chances of leaving (Gamma and
    Beta, independent given alive), of purchases (the smaller of a Poisson and a geometric count)
    and of amounts (Gamma).

    Args:
        scored: What `score` returned, for the same horizon.
        purchases: The purchase model.
        spend: The spend model.
        horizon_days: Length of the horizon.
        groups: The group of each row of `scored`, by name.
        seed: Seed of the draws.
        draws: How many to take.

    Returns:
        Group name to its outlook, in order of the names, and `total` for all together.
    """
    codes, names = pd.factorize(groups, sort=True)
    drawn = draw_totals(
        scored,
        codes,
        len(names),
        purchases,
        spend,
        horizon_days=horizon_days,
        rng=np.random.default_rng(seed),
        draws=draws,
    )
    drawn = np.concatenate([drawn, drawn.sum(axis=2, keepdims=True)], axis=2)
    expected = np.array(
        [
            np.bincount(codes, scored[column], len(names))
            for column in ("alive_probability", "expected_purchases", "expected_value_minor")
        ]
    )
    expected = np.column_stack([expected, expected.sum(axis=1)])
    margin = _Z_95 * drawn.std(axis=1, ddof=1)
    customers = [*np.bincount(codes, minlength=len(names)), len(codes)]
    return {
        str(name): Outlook(
            int(customers[index]),
            *(
                float(value)
                for kind in range(3)
                for value in (
                    expected[kind, index],
                    max(expected[kind, index] - margin[kind, index], 0),
                    expected[kind, index] + margin[kind, index],
                )
            ),
        )
        for index, name in enumerate([*names, "total"])
    }


def draw_totals(
    scored: pd.DataFrame,
    codes: np.ndarray,
    groups: int,
    purchases: PurchaseModel,
    spend: SpendModel,
    *,
    horizon_days: int,
    rng: np.random.Generator,
    draws: int,
) -> np.ndarray:
    """Draw what groups of customers do within a horizon.

    Args:
        scored: What `score` returned.
        codes: The group of each row, counted from 0.
        groups: Number of groups.
        purchases: The purchase model; its parameters are drawn anew each time.
        spend: The spend model; its parameters are drawn anew each time.
        horizon_days: Length of the horizon.
        rng: Source of the draws.
        draws: How many to take.

    Returns:
        Customers alive, their purchases and their value: an array of 3 x draws x groups.
    """
    frequency, recency, age, amount = (
        scored[column].to_numpy(float)
        for column in ("frequency", "recency_days", "age_days", "repeat_amount_minor")
    )
    totals = np.empty((3, draws, groups))
    for draw in range(draws):
        model = _perturbed_purchases(purchases, rng)
        alive = rng.random(len(frequency)) < alive_probability(model, frequency, recency, age)
        rate = rng.gamma(model.r + frequency) / (model.alpha + age / DAYS_PER_WEEK)
        leaving = np.clip(rng.beta(model.a, model.b + frequency), 1e-12, 1 - 1e-12)
        wanted = rng.poisson(rate * (horizon_days / DAYS_PER_WEEK))
        count = np.where(alive, np.minimum(wanted, rng.geometric(leaving)), 0)
        p, q, v_minor = _perturbed_spend(spend, rng)
        own_rate = rng.gamma(p * frequency + q) / (v_minor + amount)
        value = rng.gamma(p * count) / own_rate
        for kind, drawn in enumerate((alive, count, value)):
            totals[kind, draw] = np.bincount(codes, drawn, groups)
    return totals


def _perturbed_purchases(model: PurchaseModel, rng: np.random.Generator) -> PurchaseModel:
    center = np.log([model.r, model.alpha, model.a, model.b])
    # Where drop-out is hardly identified its variance is huge and its far values mean nothing.
    drawn = np.clip(rng.multivariate_normal(center, model.log_covariance), center - 3, center + 3)
    r, alpha, a, b = np.exp(drawn)
    return model._replace(r=r, alpha=alpha, a=a, b=b)


def _perturbed_spend(model: SpendModel, rng: np.random.Generator) -> tuple[float, float, float]:
    center = np.log([model.p, model.q, model.v_minor])
    p, q, v_minor = np.exp(rng.multivariate_normal(center, model.log_covariance))
    return p, max(q, 1.01), v_minor
