"""What is a customer worth in all? One-off purchases and subscriptions, added up by customer."""

import numpy as np
import pandas as pd

from analysis.ltv.contract_value import ContractValue
from analysis.ltv.one_off import OneOff
from analysis.ltv.subscriptions import customer_values

ONE_OFF, SUBSCRIPTION, BOTH = KINDS = ("one_off", "subscription", "both")


def customer_totals(one_off: pd.Series, subscriptions: pd.Series) -> pd.DataFrame:
    """Add up the expected value of each customer's one-off purchases and running subscriptions.

    Args:
        one_off: Expected value in minor units by customer ID, of all who ever bought one by one.
        subscriptions: The same of running subscriptions.

    Returns:
        One row a customer: `one_off_minor`, `subscription_minor`, `total_minor` and `kind`
        (`one_off`, `subscription` or `both`).

    >>> totals = customer_totals(pd.Series({"a": 1.0, "b": 2.0}), pd.Series({"b": 5.0}))
    >>> totals["total_minor"].tolist(), totals["kind"].tolist()
    ([1.0, 7.0], ['one_off', 'both'])
    """
    ids = one_off.index.union(subscriptions.index)
    buys, subscribes = ids.isin(one_off.index), ids.isin(subscriptions.index)
    table = pd.DataFrame(
        {
            "one_off_minor": one_off.reindex(ids).fillna(0.0).to_numpy(float),
            "subscription_minor": subscriptions.reindex(ids).fillna(0.0).to_numpy(float),
        },
        index=pd.Index(ids, name="customer_id"),
    )
    return table.assign(
        total_minor=table["one_off_minor"] + table["subscription_minor"],
        kind=np.select([buys & subscribes, subscribes], [BOTH, SUBSCRIPTION], default=ONE_OFF),
    )


def total_values(one_off: OneOff | None, contracts: ContractValue | None) -> pd.DataFrame:
    """Return `customer_totals` of what a shop has; no rows where neither can be predicted."""
    nothing = pd.Series(dtype=float, index=pd.Index([], dtype=object))
    return customer_totals(
        one_off.scored.set_index("customer_id")["expected_value_minor"] if one_off else nothing,
        customer_values(contracts.scored) if contracts else nothing,
    )


def totals_by_kind(totals: pd.DataFrame) -> pd.DataFrame:
    """Sum expected values by what customers do: buy one by one, subscribe, or both.

    Returns:
        One row a kind that occurs, and `total`: `kind`, `customers`, `one_off_minor`,
        `subscription_minor`, `total_minor`, `mean_minor`.
    """
    columns = ["one_off_minor", "subscription_minor", "total_minor"]
    summed = totals.groupby("kind")[columns].sum()
    summed.insert(0, "customers", totals.groupby("kind").size())
    summed = summed.reindex([kind for kind in KINDS if kind in summed.index])
    summed.loc["total"] = summed.sum()
    summed["customers"] = summed["customers"].astype(int)
    summed["mean_minor"] = summed["total_minor"] / summed["customers"]
    return summed.reset_index()
