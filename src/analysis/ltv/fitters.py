"""The fitters of `lifetimes`, imported and run without their side effects.

lifetimes silences FutureWarning for the whole process when it is imported and at every step of a
fit, sets a pandas option that no longer does anything, and prints when a fit fails.
"""

import contextlib
import io
import warnings
from collections.abc import Iterator

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifetimes import BetaGeoFitter, GammaGammaFitter
    from lifetimes.utils import ConvergenceError

__all__ = ["BetaGeoFitter", "ConvergenceError", "GammaGammaFitter", "quiet_fit"]


@contextlib.contextmanager
def quiet_fit() -> Iterator[None]:
    """Keep a fit from printing, warning about its own arithmetic, and changing warning filters."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
