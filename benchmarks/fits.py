"""Fitting BG/NBD on counted rows, against lifetimes on a row per customer."""

import numpy as np
import pandas as pd

from analysis.ltv.fitters import BetaGeoFitter, quiet_fit
from analysis.ltv.purchases import fit_purchases
from analysis.shop import open_shop
from benchmarks.simulated import purchases
from benchmarks.timing import Comparison, compare

_KEYS = ["frequency", "recency_days", "age_days"]


def run() -> list[Comparison]:
    """Time both on the CDNOW customers and on a million simulated ones."""
    cdnow = open_shop("cdnow", as_of="1997-09-30").reduce("btyd_summary")
    return [_compare(histories) for histories in (cdnow, _simulated(1_000_000))]


def _simulated(customers: int, *, days: int = 730) -> pd.DataFrame:
    daily = purchases(customers, days=days).drop_duplicates(["customer", "day"])
    grouped = daily.groupby("customer")["day"].agg(["size", "min", "max"])
    return pd.DataFrame(
        {
            "frequency": grouped["size"] - 1,
            "recency_days": grouped["max"] - grouped["min"],
            "age_days": days - grouped["min"],
        }
    )


def _compare(histories: pd.DataFrame) -> Comparison:
    cells = histories.groupby(_KEYS).size().rename("customers").reset_index()

    def theirs() -> float:
        fitter = BetaGeoFitter()
        with quiet_fit():
            fitter.fit(
                histories["frequency"], histories["recency_days"] / 7, histories["age_days"] / 7
            )
        repeats = histories["frequency"].sum()
        return -fitter._negative_log_likelihood_ * len(histories) + np.log(fitter._scale) * repeats

    ours_seconds, theirs_seconds, model, reference = compare(lambda: fit_purchases(cells), theirs)
    difference = abs(model.log_likelihood / reference - 1)
    return Comparison(
        f"BG/NBD fit, {len(histories):,} customers",
        f"{len(cells):,} counted rows",
        "lifetimes on raw rows",
        ours_seconds,
        theirs_seconds,
        f"log-likelihood {model.log_likelihood:,.3f}, relative difference {difference:.1e}"
        + ("" if difference < 1e-6 else " TOO LARGE"),
    )
