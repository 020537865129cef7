"""Purchase histories drawn from the models themselves."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest


def _simulate(
    *,
    customers: int,
    days: int,
    joining_days: int = 0,
    horizon_days: int = 0,
    r: float = 0.25,
    alpha_weeks: float = 4.4,
    a: float = 0.8,
    b: float = 2.4,
    first_may_be_last: bool = False,
    seed: int,
) -> pd.DataFrame:
    """Draw customers who first buy within `joining_days` (or all) of the `days` that are seen.

    What they do up to `horizon_days` later is counted too.
    """
    rng = np.random.default_rng(seed)
    rate = rng.gamma(r, 1 / (7 * alpha_weeks), customers)
    leaving = rng.beta(a, b, customers)
    who = np.arange(customers)
    moment = rng.uniform(0, joining_days or days, customers)
    parts = [(who, moment)]
    if first_may_be_last:
        stays = rng.random(customers) >= leaving
        who, moment = who[stays], moment[stays]
    while len(who):
        moment = moment + rng.standard_exponential(len(who)) / np.maximum(rate[who], 1e-12)
        seen = moment < days + horizon_days
        who, moment = who[seen], moment[seen]
        parts.append((who, moment))
        stays = rng.random(len(who)) >= leaving[who]
        who, moment = who[stays], moment[stays]
    bought = pd.DataFrame(
        {
            "customer": np.concatenate([part[0] for part in parts]),
            "day": np.concatenate([part[1] for part in parts]).astype(int),
        }
    ).drop_duplicates()
    own_rate = rng.gamma(3.7, 1 / 1540, customers)
    bought["amount"] = np.rint(rng.gamma(6.2, 1 / own_rate[bought["customer"]])).astype(int) + 1
    seen = bought[bought["day"] < days].groupby("customer")
    first = seen["day"].min()
    amount = seen["amount"].sum()
    later = bought["day"] >= days
    by_customer = bought.groupby("customer")
    first_amount = bought.sort_values("day").groupby("customer")["amount"].first()
    return pd.DataFrame(
        {
            "frequency": seen.size() - 1,
            "recency_days": seen["day"].max() - first,
            "age_days": days - 1 - first,
            "repeat_amount_minor": amount - first_amount,
            "customers": 1,
            "holdout_frequency": by_customer["day"].agg(lambda day: (day >= days).sum())
            if later.any()
            else 0,
        }
    ).astype("int64")


@pytest.fixture
def simulate_histories() -> Callable[..., pd.DataFrame]:
    """Return a function that draws histories of customers from given parameters."""
    return _simulate
