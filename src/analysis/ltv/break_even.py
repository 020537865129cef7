"""What may a new customer cost? By source: profit paid and expected against what winning cost."""

from typing import Literal

import numpy as np
import pandas as pd

from analysis.errors import ParameterError
from analysis.intervals import z_score

MIN_GROUP = 30
Verdict = Literal["earns", "loses", "unclear", "unknown"]


def break_even(values: pd.DataFrame, costs: pd.DataFrame, *, margin_share: float) -> pd.DataFrame:
    r"""Return the cost of a new customer at which nothing is won or lost, by source.

    $$\text{margin} \cdot \frac{1}{n} \sum_i (\text{paid}_i + \text{expected}_i)$$

    over the customers of mature months, who have all had the same time. The interval is that of
    the mean: other customers of the same source would give another one.

    Args:
        values: One row a customer of a mature month: `source`, `paid_minor` (within the window
            from the first purchase) and `expected_minor` (within the horizon from now on).
        costs: Columns `source` and `cost_per_customer_minor`; no rows where costs are not known.
        margin_share: Gross profit per unit of revenue, above 0 and up to 1.

    Returns:
        One row a source with 30 customers or more, the largest break-even first: `source`,
        `customers`, `paid_minor` and `expected_minor` (means, revenue), `break_even_minor` with
        `low` and `high` (profit), `window_profit_minor` (of what was paid alone),
        `cost_per_customer_minor` (missing where not known) and `verdict`: `earns` where the whole
        interval lies above the cost, `loses` where below, `unclear`, or `unknown` without a cost.

    Raises:
        ParameterError: The margin is not above 0, or above 1.

    >>> values = pd.DataFrame({"source": ["ad"] * 30, "paid_minor": 100, "expected_minor": 20})
    >>> costs = pd.DataFrame({"source": ["ad"], "cost_per_customer_minor": [50.0]})
    >>> break_even(values, costs, margin_share=0.5)[["break_even_minor", "verdict"]].values.tolist()
    [[60.0, 'earns']]
    """
    if not 0 < margin_share <= 1:
        raise ParameterError(f"margin_share == {margin_share}, must be above 0 and at most 1.")
    rows = values.assign(total_minor=values["paid_minor"] + values["expected_minor"])
    grouped = rows.groupby("source")
    table = grouped[["paid_minor", "expected_minor"]].mean()
    customers = grouped.size()
    middle = grouped["total_minor"].mean() * margin_share
    spread = grouped["total_minor"].std(ddof=1).fillna(0) / np.sqrt(customers) * margin_share
    table = table.assign(
        customers=customers,
        window_profit_minor=table["paid_minor"] * margin_share,
        break_even_minor=middle,
        low=(middle - z_score(0.95) * spread).clip(lower=0),
        high=middle + z_score(0.95) * spread,
    )
    table = table[table["customers"] >= MIN_GROUP].reset_index()
    cost = table["source"].map(costs.set_index("source")["cost_per_customer_minor"])
    cost = cost.astype(float)
    table = table.assign(
        cost_per_customer_minor=cost,
        verdict=np.select(
            [cost.isna(), table["low"] > cost, table["high"] < cost],
            ["unknown", "earns", "loses"],
            default="unclear",
        ),
    )
    return table.sort_values(["break_even_minor", "source"], ascending=[False, True]).reset_index(
        drop=True
    )
