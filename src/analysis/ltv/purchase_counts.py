"""Does the model fit what it was fitted on? Customers by repeat purchases, expected and counted."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import betaln, chdtrc, gammaln

from analysis.ltv.bins import range_labels, upper_ends
from analysis.ltv.purchases import DAYS_PER_WEEK, PurchaseModel

_PARAMETERS = 4
_LEAST_EXPECTED = 5.0


class Fit(NamedTuple):
    """Customers by repeat purchases, and whether the model expects as many.

    Attributes:
        table: `repeats` (0 to 6 and 7 and more, or wider ranges), `actual` and `expected`
            customers.
        statistic: Pearson's chi-square.
        degrees: Degrees of freedom: ranges - 1 - four parameters.
        p_value: Chance of as large a statistic if the model were true.
        moved_share: Share of the customers that the model puts into another range.
    """

    table: pd.DataFrame
    statistic: float
    degrees: int
    p_value: float
    moved_share: float


def count_chances(model: PurchaseModel, age_days: np.ndarray, *, last: int) -> np.ndarray:
    r"""Return the chance of 0, 1, ... last repeat purchases of a customer of each age.

    $$P(X = x) = \frac{B(a, b + k)}{B(a, b)} N_x + [k > 0] \frac{B(a + 1, b + k - 1)}{B(a, b)}
    \left(1 - \sum_{j < x} N_j\right)$$

    with $N_x$ the negative binomial chance of x purchases had nobody left, and k = x chances to
    leave, or x + 1 where one may leave right after the first purchase (MBG/NBD).

    Args:
        model: A fitted model.
        age_days: Days since the first purchase.
        last: Largest number of purchases.

    Returns:
        An array of ages x (last + 1).

    Source:
        Fader, Hardie and Lee (2005), Marketing Science 24(2), equation 8.
    """
    weeks = np.asarray(age_days, dtype=float)[:, None] / DAYS_PER_WEEK
    x = np.arange(last + 1)[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        log_weeks = np.where(x > 0, x * np.log(weeks / (model.alpha + weeks)), 0.0)
    stayed = np.exp(
        gammaln(model.r + x)
        - gammaln(model.r)
        - gammaln(x + 1.0)
        - model.r * np.log1p(weeks / model.alpha)
        + log_weeks
    )
    chances = x + model.first_chances
    still = np.exp(betaln(model.a, model.b + chances) - betaln(model.a, model.b))
    left = np.where(
        chances > 0,
        np.exp(
            betaln(model.a + 1, model.b + np.maximum(chances, 1) - 1) - betaln(model.a, model.b)
        ),
        0.0,
    )
    reached = 1 - (np.cumsum(stayed, axis=1) - stayed)
    return still * stayed + left * reached


def fit_by_count(cells: pd.DataFrame, model: PurchaseModel) -> Fit:
    """Compare how many customers made 0, 1, ... repeat purchases with how many the model expects.

    Args:
        cells: `sql/btyd_cells.sql`, those the model was fitted on.
        model: The model.
    """
    by_age = cells.groupby("age_days")["customers"].sum()
    total = float(by_age.sum())
    many = cells.loc[cells["frequency"] > upper_ends(0.0, start=0)[-1], "customers"].sum()
    ends = upper_ends(float(many) / total, start=0)
    chances = count_chances(model, by_age.index.to_numpy(), last=ends[-1])
    below = np.cumsum(np.einsum("ij,i->j", chances, by_age.to_numpy(float)))[ends]
    expected = np.diff(np.concatenate([[0.0], below, [total]]))
    actual = np.bincount(
        np.searchsorted(ends, cells["frequency"]), cells["customers"], len(ends) + 1
    )
    table = pd.DataFrame(
        {
            "repeats": range_labels(ends, start=0),
            "actual": actual.astype(int),
            "expected": expected,
        }
    )
    # Ranges with next to nobody expected would decide a chi-square.
    counted = expected >= _LEAST_EXPECTED
    statistic = float(((actual - expected)[counted] ** 2 / expected[counted]).sum())
    degrees = int(counted.sum()) - 1 - _PARAMETERS
    p_value = float(chdtrc(degrees, statistic)) if degrees > 0 else float("nan")
    return Fit(
        table, statistic, degrees, p_value, float(np.abs(actual - expected).sum() / 2 / total)
    )
