"""What will groups of customers do over a horizon, and between which bounds?"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.ltv.purchases import DAYS_PER_WEEK, PurchaseModel, alive_probability
from analysis.ltv.spend import SpendModel

DRAWS = 200
_ENDS = (0.025, 0.975)
# Beyond a factor of e ** 3 the slope and curvature at the best fit say nothing of a parameter.
_LARGEST_VARIANCE = 1.5**2


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
        lifetime_value_minor: Expected margin in minor units, discounted.
        lifetime_value_minor_low: Lower end of the interval.
        lifetime_value_minor_high: Upper end of the interval.
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
    lifetime_value_minor: float = np.nan
    lifetime_value_minor_low: float = np.nan
    lifetime_value_minor_high: float = np.nan


_COLUMNS = (
    "alive_probability",
    "expected_purchases",
    "expected_value_minor",
    "lifetime_value_minor",
)


def outlook(
    scored: pd.DataFrame,
    purchases: PurchaseModel,
    spend: SpendModel,
    *,
    horizon_days: int,
    groups: pd.Series,
    unions: Mapping[str, Collection[str]] | None = None,
    seed: int = 1,
    draws: int = DRAWS,
) -> dict[str, Outlook]:
    """Sum the predictions over groups of customers, with predictive intervals.

    Expectations are exact. Intervals come from joint draws of parameters (normal around the logs
    of the estimates), of who is still alive (Bernoulli), of rates and chances of leaving (Gamma and
    Beta, independent given alive), of purchases (the smaller of a Poisson and a geometric count)
    and of amounts (Gamma); they end at the 2.5th and 97.5th percentile of the draws.

    Args:
        scored: What `score` returned, for the same horizon.
        purchases: The purchase model.
        spend: The spend model.
        horizon_days: Length of the horizon.
        groups: The group of each row of `scored`, by name: any division of customers, such as by
            segment, source or first product.
        unions: Name to several groups taken together, with an interval of their own: the ends of
            theirs do not add up to it. A union of which no group occurs is left out.
        seed: Seed of the draws.
        draws: How many to take.

    Returns:
        Group name to its outlook, in order of the names, then the unions, and `total` for all
        together.
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
    members = _members([str(name) for name in names], unions or {})
    expected = np.array([np.bincount(codes, scored[name], len(names)) for name in _COLUMNS])
    customers = np.bincount(codes, minlength=len(names))
    drawn, expected, customers = (
        np.stack([part[..., rows].sum(axis=-1) for rows in members.values()], axis=-1)
        for part in (drawn, expected, customers)
    )
    # What will happen is one draw more: of n + 1 draws, each place in the order is as likely.
    low, high = np.quantile(drawn, _ENDS, axis=1, method="weibull")
    low, high = np.minimum(low, expected), np.maximum(high, expected)
    ends = np.stack([expected, low, high], axis=1).reshape(-1, len(customers))
    return {
        name: Outlook(int(customers[index]), *ends[:, index].tolist())
        for index, name in enumerate(members)
    }


def _members(names: list[str], unions: Mapping[str, Collection[str]]) -> dict[str, np.ndarray]:
    """Return which groups each outlook adds up: itself, those of a union, or all."""
    members = {name: np.isin(names, [name]) for name in names}
    members |= {name: np.isin(names, list(united)) for name, united in unions.items()}
    members["total"] = np.full(len(names), fill_value=True)
    return {name: rows for name, rows in members.items() if rows.any()}


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
        Customers alive, their purchases, their value and their lifetime value: an array of
        4 x draws x groups.
    """
    frequency, recency, age, amount = (
        scored[column].to_numpy(float)
        for column in ("frequency", "recency_days", "age_days", "repeat_amount_minor")
    )
    # What a unit of value is worth after margin and discount, as expected of each customer.
    value = scored["expected_value_minor"].to_numpy()
    kept = scored["lifetime_value_minor"].to_numpy() / np.where(value > 0, value, 1)
    totals = np.empty((4, draws, groups))
    models = draw_purchase_models(purchases, rng, draws)
    for draw, (model, paying) in enumerate(
        zip(models, draw_spend_models(spend, rng, draws), strict=True)
    ):
        is_alive = rng.random(len(frequency)) < alive_probability(model, frequency, recency, age)
        alive = np.flatnonzero(is_alive)
        who, count = _draw_purchases(model, alive, frequency, age, horizon_days, rng)
        paid = _draw_amounts(paying, frequency[who], amount[who], count, rng)
        totals[0, draw] = np.bincount(codes[alive], minlength=groups)
        for kind, drawn in enumerate((count, paid, paid * kept[who]), start=1):
            totals[kind, draw] = np.bincount(codes[who], drawn, groups)
    return totals


def _draw_purchases(
    model: PurchaseModel,
    alive: np.ndarray,
    frequency: np.ndarray,
    age: np.ndarray,
    horizon_days: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return who of those alive buys, and how often: a Poisson count cut short by leaving."""
    scale_days = model.alpha * DAYS_PER_WEEK + age[alive]
    rate = rng.standard_gamma(model.r + frequency[alive])
    wanted = rng.poisson(rate * (horizon_days / scale_days))
    buying = wanted > 0
    who = alive[buying]
    leaving = rng.beta(model.a, model.b + frequency[who] + model.first_chances)
    return who, np.minimum(wanted[buying], rng.geometric(np.clip(leaving, 1e-12, 1.0)))


def _draw_amounts(
    spend: SpendModel,
    frequency: np.ndarray,
    amount: np.ndarray,
    count: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    own_rate = rng.standard_gamma(spend.p * frequency + spend.q) / (spend.v_minor + amount)
    return rng.standard_gamma(spend.p * count) / own_rate


def draw_purchase_models(
    model: PurchaseModel, rng: np.random.Generator, draws: int
) -> list[PurchaseModel]:
    """Draw the parameters anew, as far as they are known: normal around their logs."""
    center = np.log([model.r, model.alpha, model.a, model.b])
    drawn = np.exp(rng.multivariate_normal(center, _capped(model.log_covariance), size=draws))
    return [model._replace(r=r, alpha=alpha, a=a, b=b) for r, alpha, a, b in drawn.tolist()]


def draw_spend_models(spend: SpendModel, rng: np.random.Generator, draws: int) -> list[SpendModel]:
    """Draw the parameters anew, as far as they are known; q stays where amounts have a mean."""
    center = np.log([spend.p, spend.q, spend.v_minor])
    drawn = np.exp(rng.multivariate_normal(center, _capped(spend.log_covariance), size=draws))
    return [
        spend._replace(p=p, q=max(q, 1.01), v_minor=v_minor) for p, q, v_minor in drawn.tolist()
    ]


def _capped(covariance: np.ndarray) -> np.ndarray:
    """Shorten directions that are hardly known to what a normal distribution can stand for."""
    variance, axes = np.linalg.eigh(covariance)
    return (axes * np.clip(variance, 0, _LARGEST_VARIANCE)) @ axes.T
