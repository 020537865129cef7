"""How much does a customer spend per purchase? Gamma-Gamma, fitted on counted rows.

A purchase's amount varies around a customer's own mean as a Gamma(p, nu), and nu between customers
as a Gamma(q, v), independently of how often they buy. Fader & Hardie (2013), The Gamma-Gamma Model
of Monetary Value, brucehardie.com/notes/025; Fader, Hardie & Lee (2005), RFM and CLV, Journal of
Marketing Research 42(4), 415-430.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.errors import DataError
from analysis.ltv.boundary import Boundary
from analysis.ltv.purchases import MIN_REPEAT_CUSTOMERS
from analysis.ltv.spend_likelihood import gather_amounts, most_likely_spend


class SpendModel(NamedTuple):
    """A fitted Gamma-Gamma model; amounts are in minor units.

    Attributes:
        p: Shape of a customer's amounts.
        q: Shape of the customers' own rates.
        v_minor: Scale of the customers' own rates, in minor units.
        log_likelihood: At the maximum, of mean repeat amounts in minor units.
        log_covariance: 3 x 3 covariance of (log p, log q, log v); rows of parameters that the
            data cannot tell are zero.
        customers: Repeat customers with a positive mean amount, on whom it was fitted.
        without_value: Repeat customers left out because all their repeats together cost nothing.
        value_frequency_correlation: Between mean amount and frequency; the model assumes none.
        boundary: Edges at which the parameters lie, mostly none; `boundary_sentence` says what
            each means.
    """

    p: float
    q: float
    v_minor: float
    log_likelihood: float
    log_covariance: np.ndarray
    customers: int
    without_value: int
    value_frequency_correlation: float
    boundary: tuple[Boundary, ...] = ()

    @property
    def aic(self) -> float:
        """Akaike's criterion: of two models of the same amounts the lower one fits better."""
        return 2 * 3 - 2 * self.log_likelihood

    @property
    def mean_minor(self) -> float:
        """Expected amount of a purchase of a customer of whom nothing is known."""
        return self.p * self.v_minor / (self.q - 1)


def fit_spend(cells: pd.DataFrame) -> SpendModel:
    """Fit the Gamma-Gamma model by maximum likelihood on counted rows of repeat customers.

    Args:
        cells: Columns `frequency` (at least 1), `repeat_amount_minor`, `customers`
            (`sql/spend_cells.sql`).

    Raises:
        DataError: Fewer than 30 customers paid for repeat purchases, everyone paid the same, or
            amounts differ so much that they have no mean (q <= 1).
    """
    frequency, amount, counts = (
        cells[column].to_numpy(float)
        for column in ("frequency", "repeat_amount_minor", "customers")
    )
    without_value = int(counts[amount <= 0].sum())
    if without_value:
        frequency, amount, counts = (part[amount > 0] for part in (frequency, amount, counts))
    customers = int(counts.sum())
    if customers < MIN_REPEAT_CUSTOMERS:
        raise DataError(
            f"{customers} customers paid for a repeat purchase, must be at least "
            f"{MIN_REPEAT_CUSTOMERS} to predict amounts: choose a later day or wait."
        )
    mean_minor = amount / frequency
    if mean_minor.min() == mean_minor.max():
        raise DataError(
            f"All {customers} customers paid the same per repeat purchase: there is nothing to "
            f"model. Use the observed mean amount."
        )
    # In units of the overall mean the fit starts near its end, whatever the currency.
    unit_minor = float(np.einsum("i,i", mean_minor, counts)) / customers
    fit = most_likely_spend(gather_amounts(frequency, amount / unit_minor, counts))
    p, q, v = (float(value) for value in np.exp(fit.log_parameters))
    if q <= 1:
        raise DataError(
            f"Amounts per purchase differ so much between customers that the model gives them no "
            f"mean (q == {q:.2f}, must be > 1): look for a few enormous or mistyped orders."
        )
    return SpendModel(
        p=p,
        q=q,
        v_minor=v * unit_minor,
        log_likelihood=float(fit.log_likelihood - np.log(unit_minor) * customers),
        log_covariance=fit.log_covariance,
        customers=customers,
        without_value=without_value,
        value_frequency_correlation=_correlation(frequency, mean_minor, counts),
        boundary=fit.boundary,
    )


def _correlation(left: np.ndarray, right: np.ndarray, weights: np.ndarray) -> float:
    """Return the weighted correlation, without threaded products of long vectors."""
    weight = weights / weights.sum()
    left, right = (part - np.einsum("i,i", weight, part) for part in (left, right))
    spread = np.einsum("i,i,i", weight, left, left) * np.einsum("i,i,i", weight, right, right)
    return float(np.einsum("i,i,i", weight, left, right) / np.sqrt(spread)) if spread > 0 else 0.0


def expected_spend(
    model: SpendModel, frequency: np.ndarray, repeat_amount_minor: np.ndarray
) -> np.ndarray:
    """Return the expected amount per purchase of each customer, in minor units.

    E[M | x, m] = p (v + x m) / (p x + q - 1), where x m is the amount of all repeats: the
    customer's own mean, drawn towards everybody's mean the fewer the repeats. One-time buyers get
    everybody's mean.

    Args:
        model: A fitted model.
        frequency: Repeat purchase days.
        repeat_amount_minor: Amount of all repeat purchases.
    """
    frequency = np.asarray(frequency, dtype=float)
    amount = np.asarray(repeat_amount_minor, dtype=float)
    return model.p * (model.v_minor + amount) / (model.p * frequency + model.q - 1)
