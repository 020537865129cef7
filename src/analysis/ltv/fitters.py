"""The fitters of `lifetimes` under their own names, fitted faster, and right where they were not.

The classes are lifetimes' own in all but: the fit (Newton's method with exact slopes on counted
rows, which does not fail), the variance matrix (lifetimes scales its columns only), expectations
(lifetimes has none for one-time buyers when a + b < 1, and none at a = 1), and the chance to be
alive. `log_likelihood_`, `aic_` and `boundary_` are added. The modules of lifetimes are imported
without their side effects: a silenced FutureWarning for the whole process and a pandas option that
no longer does anything.
"""

import contextlib
import io
import warnings
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import expit

from analysis.ltv.expectation import expected_while_alive
from analysis.ltv.purchase_fit import most_likely
from analysis.ltv.purchase_likelihood import gather
from analysis.ltv.spend_likelihood import gather_amounts, most_likely_spend

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import lifetimes

__all__ = ["BetaGeoFitter", "GammaGammaFitter", "ModifiedBetaGeoFitter", "quiet_fit"]


@contextlib.contextmanager
def quiet_fit() -> Iterator[None]:
    """Keep lifetimes from printing, from warning of its arithmetic, and from silencing others."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


class BetaGeoFitter(lifetimes.BetaGeoFitter):
    """BG/NBD; the interface of `lifetimes.BetaGeoFitter`.

    Attributes:
        log_likelihood_: At the estimates, in the unit of time that was given.
        aic_: Akaike's criterion, 8 - 2 log_likelihood_.
        boundary_: Edges at which the estimates lie, mostly none; `boundary_sentence` says what
            each means.
        log_covariance_: Covariance of the logarithms of r, alpha, a and b.
    """

    _first_chances = 0

    def fit(self, *args: Any, **kwargs: Any) -> Self:
        """Fit as lifetimes does, without its warnings."""
        with quiet_fit(), np.errstate(all="ignore"):
            return super().fit(*args, **kwargs)

    def _fit(self, data, start, _size, _disp, _tol=None, **_options):
        frequency, recency, age, customers, penalty = data
        histories = gather(frequency, recency, age, customers, first_chances=self._first_chances)
        fit = most_likely(histories, penalty=penalty, start=start)
        self.boundary_ = fit.boundary
        self.log_covariance_ = fit.log_covariance
        rescaled = np.log(self._scale) * float(np.einsum("i,i", frequency, customers))
        self.log_likelihood_ = fit.log_likelihood + rescaled
        self.aic_ = 2 * 4 - 2 * self.log_likelihood_
        penalized = penalty * (np.exp(fit.log_parameters) ** 2).sum()
        return fit.log_parameters, penalized - fit.log_likelihood / histories.total, -fit.hessian

    def _compute_variance_matrix(self) -> pd.DataFrame:
        return _variance_matrix(self)

    def conditional_expected_number_of_purchases_up_to_time(self, t, frequency, recency, T):  # noqa: N803
        """Return the purchases expected within time t, for any parameters."""
        alive = self._alive(frequency, recency, T)
        (alpha,) = self._unload_params("alpha")
        ratio, x = np.broadcast_arrays(
            np.asarray(t, float) / (alpha + np.asarray(T, float)), np.asarray(frequency, float)
        )
        expected = alive * self._while_alive(x, ratio)
        index = getattr(frequency, "index", None)
        return expected if index is None else pd.Series(expected, index=index)

    def expected_number_of_purchases_up_to_time(self, t):
        """Return the repeat purchases expected of a new customer within time t."""
        alpha, a, b = self._unload_params("alpha", "a", "b")
        ratio = np.asarray(t, float) / alpha
        staying = (b / (a + b)) ** self._first_chances
        return staying * self._while_alive(np.zeros_like(ratio), ratio)

    def conditional_probability_alive(self, frequency, recency, T):  # noqa: N803
        """Return the chance that customers have not left."""
        return np.atleast_1d(self._alive(frequency, recency, T))

    def _alive(self, frequency, recency, T):  # noqa: N803
        r, alpha, a, b = self._unload_params("r", "alpha", "a", "b")
        frequency, recency, age = (np.asarray(part, float) for part in (frequency, recency, T))
        chances = frequency + self._first_chances
        odds = np.log(a / (b + np.maximum(chances, 1) - 1)) + (r + frequency) * np.log(
            (alpha + age) / (alpha + recency)
        )
        return np.where(chances > 0, expit(-odds), 1.0)

    def _while_alive(self, frequency: np.ndarray, ratio: np.ndarray) -> np.ndarray:
        r, _, a, b = self._unload_params("r", "alpha", "a", "b")
        stay = b + self._first_chances
        flat = expected_while_alive(r, a, stay, frequency.ravel(), ratio.ravel())[0]
        return flat.reshape(ratio.shape)


class ModifiedBetaGeoFitter(BetaGeoFitter, lifetimes.ModifiedBetaGeoFitter):
    """MBG/NBD; the interface of `lifetimes.ModifiedBetaGeoFitter`, with the same additions."""

    _first_chances = 1


class GammaGammaFitter(lifetimes.GammaGammaFitter):
    """Gamma-Gamma; the interface of `lifetimes.GammaGammaFitter`.

    Attributes:
        log_likelihood_: At the estimates, in the unit of money that was given.
        aic_: Akaike's criterion, 6 - 2 log_likelihood_.
        boundary_: Edges at which the estimates lie, mostly none; `boundary_sentence` says what
            each means.
        log_covariance_: Covariance of the logarithms of p, q and v.
    """

    def fit(self, *args: Any, **kwargs: Any) -> Self:
        """Fit as lifetimes does, without its warnings."""
        with quiet_fit(), np.errstate(all="ignore"):
            return super().fit(*args, **kwargs)

    def _fit(self, data, start, _size, _disp, bounds=None, **_options):
        frequency, mean_amount, customers, penalty = data
        # In units of the mean the fit starts near its end; a penalty is meant for the unit given.
        unit = 1.0 if penalty else float(np.average(mean_amount, weights=customers))
        if start is not None:
            start = np.asarray(start, dtype=float) - np.array([0, 0, np.log(unit)])
        amounts = gather_amounts(frequency, frequency * mean_amount / unit, customers)
        least_q = 1.0 if bounds else 0.0
        fit = most_likely_spend(amounts, penalty=penalty, start=start, least_q=least_q)
        self.boundary_ = fit.boundary
        self.log_covariance_ = fit.log_covariance
        self.log_likelihood_ = fit.log_likelihood - np.log(unit) * amounts.total
        self.aic_ = 2 * 3 - 2 * self.log_likelihood_
        penalized = penalty * (np.exp(fit.log_parameters) ** 2).sum()
        return (
            fit.log_parameters + np.array([0, 0, np.log(unit)]),
            penalized - self.log_likelihood_ / amounts.total,
            -fit.hessian,
        )

    def _compute_variance_matrix(self) -> pd.DataFrame:
        return _variance_matrix(self)


def _variance_matrix(fitter: BetaGeoFitter | GammaGammaFitter) -> pd.DataFrame:
    """Turn the covariance of logarithms into that of parameters; NaN where the data cannot tell."""
    names, parameters = fitter.params_.index, fitter.params_.to_numpy()
    matrix = np.outer(parameters, parameters) * fitter.log_covariance_
    untold = fitter.log_covariance_.diagonal() == 0
    matrix[untold] = matrix[:, untold] = np.nan
    return pd.DataFrame(matrix, index=names, columns=names)
