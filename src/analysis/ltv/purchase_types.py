"""Which purchases a model of silent leaving may see: one-off ones, never those of subscriptions."""

import pandas as pd

from analysis.errors import DataError


def require_one_off(frame: pd.DataFrame) -> None:
    """Refuse subscription orders for a model of silent leaving.

    Args:
        frame: Purchases or counts of them, with or without a column `purchase_type`.

    Raises:
        DataError: The column holds anything but one-off purchases.

    >>> require_one_off(pd.DataFrame({"purchase_type": ["subscription"]}))
    Traceback (most recent call last):
        ...
    analysis.errors.DataError: 1 of 1 rows are subscription orders: who leaves a subscription says \
so, which BG/NBD does not know. Keep purchase_type 'one_off', and value subscriptions by renewals.
    """
    if "purchase_type" not in frame:
        return
    others = int((frame["purchase_type"] != "one_off").sum())
    if others:
        raise DataError(
            f"{others} of {len(frame)} rows are subscription orders: who leaves a subscription "
            f"says so, which BG/NBD does not know. Keep purchase_type 'one_off', and value "
            f"subscriptions by renewals."
        )
