"""Purchase histories drawn from the BG/NBD model with CDNOW-like parameters, in bulk."""

import numpy as np
import pandas as pd

START = np.datetime64("2023-01-01")


def purchases(
    customers: int,
    *,
    days: int,
    seed: int = 1,
    rate_shape: float = 0.25,
    rate_weeks: float = 4.8,
    leaving: tuple[float, float] = (0.72, 2.2),
) -> pd.DataFrame:
    """Return one row per purchase: `customer` (number), `day` (from 0), `amount_minor`.

    Every customer's first purchase falls on a random day; the observation ends on day `days`.
    """
    rng = np.random.default_rng(seed)
    rate = rng.gamma(rate_shape, 1 / rate_weeks, customers) / 7
    chance = rng.beta(*leaving, customers)
    customer = np.arange(customers)
    moment = rng.integers(0, days, customers).astype(float)
    parts = [(customer, moment)]
    while len(customer):
        moment = moment + rng.standard_exponential(len(customer)) / np.maximum(
            rate[customer], 1e-12
        )
        seen = moment < days
        customer, moment = customer[seen], moment[seen]
        parts.append((customer, moment))
        staying = rng.random(len(customer)) >= chance[customer]
        customer, moment = customer[staying], moment[staying]
    who, when = (np.concatenate(column) for column in zip(*parts, strict=True))
    amount = np.rint(rng.gamma(6.2, 1500 / rng.gamma(3.7, 1, customers)[who])).astype("int64")
    frame = pd.DataFrame({"customer": who, "day": when.astype("int64"), "amount_minor": amount})
    return frame.sort_values(["day", "customer"], ignore_index=True)
