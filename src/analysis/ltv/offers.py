"""For whom can an offer pay at all? Customers whose expected profit exceeds what it costs."""

import numpy as np
import pandas as pd

from analysis.errors import ParameterError

_EXAMPLES = (0.5, 0.75, 0.9)


def example_costs(expected_minor: np.ndarray) -> list[int]:
    """Return three offer costs to look at: what half, a quarter and a tenth of customers exceed.

    Rounded to one digit, so that nobody takes them for more than examples. Without customers, or
    where hardly anything is expected of them, there are fewer or none.

    >>> example_costs(np.arange(0, 1010, 10))
    [500, 800, 900]
    """
    expected = np.asarray(expected_minor, dtype=float)
    ends = np.quantile(expected, _EXAMPLES) if len(expected) else []
    rounded = []
    for end in ends:
        if end >= 1:
            step = 10 ** int(np.floor(np.log10(end)))
            rounded.append(int(np.floor(end / step + 0.5) * step))
    return sorted(set(rounded))


def offers_worth(profit_minor: np.ndarray, offer_costs_minor: list[int]) -> pd.DataFrame:
    """Count the customers whose expected profit is at least what an offer costs.

    Expected profit is what customers bring without any offer. An offer earns only by what it adds,
    so it must raise what they bring by `needed_rise_share` on average to be worth its cost; whoever
    is expected to bring less than the cost would have to more than double.

    Args:
        profit_minor: Expected profit of each customer within the horizon, in minor units.
        offer_costs_minor: Costs of an offer to one customer, in minor units.

    Returns:
        One row a cost: `offer_cost_minor`, `customers`, `customer_share`, `profit_minor` (expected
        of these customers), `cost_minor` (of offers to all of them), `needed_rise_share`.

    Raises:
        ParameterError: A cost is not above zero.

    >>> offers_worth(np.array([500.0, 150.0, 5.0]), [100]).values.tolist()
    [[100.0, 2.0, 0.6666666666666666, 650.0, 200.0, 0.3076923076923077]]
    """
    if any(cost <= 0 for cost in offer_costs_minor):
        raise ParameterError(f"offer costs == {offer_costs_minor}, must all be above zero.")
    profit = np.asarray(profit_minor, dtype=float)
    rows = []
    for cost in offer_costs_minor:
        worth = profit >= cost
        customers, money = int(worth.sum()), float(profit[worth].sum())
        rows.append(
            (
                cost,
                customers,
                customers / max(len(profit), 1),
                money,
                cost * customers,
                cost * customers / money if money > 0 else np.nan,
            )
        )
    columns = [
        "offer_cost_minor",
        "customers",
        "customer_share",
        "profit_minor",
        "cost_minor",
        "needed_rise_share",
    ]
    return pd.DataFrame(rows, columns=columns)
