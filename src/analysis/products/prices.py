"""At what price do people buy? Order values and unit prices in bands, new against repeat."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.errors import DataError
from analysis.intervals import wilson, z_score
from analysis.products.data import has
from analysis.shop import Shop

_STEP_MINOR = 10
_WANTED_BANDS = 9
_NICE = (1, 2, 2.5, 5, 10)


class Quantile(NamedTuple):
    """A quantile with its interval and the count behind it, in minor units."""

    value_minor: float
    low_minor: float
    high_minor: float
    n: int


class Prices(NamedTuple):
    """Order values and unit prices, counted, and the median orders.

    Attributes:
        orders: Columns is_first, value_minor, number (`sql/order_values.sql`).
        units: The same of unit prices (`sql/unit_prices.sql`), or None without order lines.
        first: Median first order.
        repeat: Median repeat order.
    """

    orders: pd.DataFrame
    units: pd.DataFrame | None
    first: Quantile
    repeat: Quantile


def read_prices(shop: Shop) -> Prices:
    """Read what orders are worth and what pieces cost, to 10 minor units."""
    orders = shop.reduce("order_values", step_minor=_STEP_MINOR)
    units = shop.reduce("unit_prices", step_minor=_STEP_MINOR) if has(shop, "baskets") else None
    is_first = orders["is_first"].astype(bool)
    return Prices(orders, units, quantile(orders[is_first], 0.5), quantile(orders[~is_first], 0.5))


def bands(values: pd.DataFrame) -> pd.DataFrame:
    """Put values into bands with round edges, up to the value that 95% stay below, then open.

    Args:
        values: Columns is_first, value_minor, number (`sql/order_values.sql`,
            `sql/unit_prices.sql`).

    Returns:
        One row per band: low_minor, high_minor (missing for the open one), and of both groups
        first_share, first_low, first_high, repeat_share, repeat_low, repeat_high, first_number,
        repeat_number. Shares are of the group.

    Raises:
        DataError: There are no values.
    """
    if values.empty:
        raise DataError("There are no values to put into bands: leave the chart out.")
    most_stay_below = quantile(values, 0.95).value_minor
    width = _round_width(most_stay_below / (_WANTED_BANDS - 1))
    last = int(np.ceil(most_stay_below / width))
    band = np.clip(values["value_minor"] // width, 0, last).astype(int)
    table = pd.DataFrame(index=pd.RangeIndex(last + 1, name="band"))
    table["low_minor"] = table.index * width
    table["high_minor"] = (table["low_minor"] + width).where(table.index < last)
    for name, of in (("first", True), ("repeat", False)):
        chosen = values["is_first"] == of
        number = values[chosen].groupby(band[chosen])["number"].sum()
        number = number.reindex(table.index, fill_value=0)
        low, high = wilson(number, number.sum())
        table[f"{name}_number"] = number
        table[f"{name}_share"] = number / max(number.sum(), 1)
        table[f"{name}_low"], table[f"{name}_high"] = low, high
    return table.reset_index(drop=True)


def _round_width(wanted: float) -> int:
    """Return the smallest round number that is at least the one wanted.

    >>> _round_width(1_130), _round_width(37)
    (2000, 50)
    """
    scale = 10 ** np.floor(np.log10(max(wanted, 1)))
    return max(int(next(step for step in _NICE if step * scale >= wanted) * scale), 1)


def quantile(values: pd.DataFrame, share: float) -> Quantile:
    r"""Return a quantile of counted values, with the interval of its order statistics.

    The ends are the values at ranks $nq \pm 1.96 \sqrt{n q (1 - q)}$, whatever the distribution.

    Args:
        values: Columns value_minor and number.
        share: Which quantile, between 0 and 1.

    >>> counted = pd.DataFrame({"value_minor": [100, 200, 300], "number": [1, 1, 1]})
    >>> quantile(counted, 0.5).value_minor
    200.0
    """
    counted = values.groupby("value_minor")["number"].sum().sort_index()
    ranks = counted.cumsum().to_numpy()
    n = int(ranks[-1]) if len(ranks) else 0
    if not n:
        return Quantile(np.nan, np.nan, np.nan, 0)
    reach = z_score(0.95) * np.sqrt(n * share * (1 - share))
    wanted = np.clip(np.ceil([n * share, n * share - reach, n * share + reach]), 1, n)
    found = counted.index.to_numpy(float)[np.searchsorted(ranks, wanted)]
    return Quantile(*(float(value) for value in found), n)
