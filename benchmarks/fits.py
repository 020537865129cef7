"""Fitting and scoring lifetime value, against lifetimes on the same customers."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from analysis.ltv.fitters import lifetimes, quiet_fit
from analysis.ltv.purchases import fit_purchases
from analysis.ltv.scoring import lifetime_value, score
from analysis.ltv.spend import fit_spend
from analysis.shop import open_shop
from benchmarks.simulated import purchases
from benchmarks.timing import Comparison, compare

REPEATS = 5
DAYS = 730
_KEYS = ["frequency", "recency_days", "age_days"]
# Months of 30 days and 1% off each: what lifetimes can count.
_MONTHLY = {"horizon_days": 360, "annual_discount_rate": 1.01**12 - 1, "month_days": 30}


def run() -> Iterator[Comparison]:
    """Time both on the CDNOW customers and on simulated ones."""
    yield from _purchase_fits(open_shop("cdnow", as_of="1997-09-30").reduce("btyd_summary"))
    yield from _purchase_fits(histories(100_000))
    million = histories(1_000_000)
    yield _spend_fit(million)
    yield from _values(million)
    yield from _purchase_fits(million)
    yield from _growth()


def histories(customers: int) -> pd.DataFrame:
    """Return one row per simulated customer, as `btyd_summary.sql` would."""
    bought = purchases(customers, days=DAYS)
    daily = bought.groupby(["customer", "day"], as_index=False)["amount_minor"].sum()
    grouped = daily.groupby("customer")
    first, last = grouped["day"].min(), grouped["day"].max()
    amount = grouped["amount_minor"]
    return pd.DataFrame(
        {
            "frequency": grouped.size() - 1,
            "recency_days": last - first,
            "age_days": DAYS - 1 - first,
            "repeat_amount_minor": amount.sum() - amount.first(),
        }
    ).reset_index(drop=True)


def cells_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Count customers who share a history, as `btyd_cells.sql` does."""
    return rows.groupby(_KEYS).size().rename("customers").reset_index()


def _purchase_fits(rows: pd.DataFrame) -> Iterator[Comparison]:
    yield _purchase_fit(cells_of(rows), "counted rows")
    yield _purchase_fit(rows[_KEYS].assign(customers=1), "raw rows")


def _purchase_fit(rows: pd.DataFrame, what: str) -> Comparison:
    def theirs() -> float:
        fitter = lifetimes.BetaGeoFitter()
        with quiet_fit():
            fitter.fit(
                rows["frequency"],
                rows["recency_days"] / 7,
                rows["age_days"] / 7,
                weights=rows["customers"],
            )
        repeats = np.einsum("i,i", rows["frequency"], rows["customers"])
        customers = rows["customers"].sum()
        return -fitter._negative_log_likelihood_ * customers + np.log(fitter._scale) * repeats

    ours_seconds, theirs_seconds, model, reference = compare(
        lambda: fit_purchases(rows), theirs, repeats=REPEATS
    )
    better = model.log_likelihood - reference
    return Comparison(
        f"BG/NBD fit, {model.customers:,} customers, {what}",
        f"{len(rows):,} rows",
        "lifetimes on the same",
        ours_seconds,
        theirs_seconds,
        f"log-likelihood {model.log_likelihood:,.3f}, {better:+.1e} against lifetimes"
        + ("" if better > -1e-6 else " TOO LOW"),
    )


def _spend_fit(rows: pd.DataFrame) -> Comparison:
    paying = rows[rows["repeat_amount_minor"] > 0].assign(customers=1)
    mean_minor = paying["repeat_amount_minor"] / paying["frequency"]

    def theirs() -> float:
        fitter = lifetimes.GammaGammaFitter()
        with quiet_fit():
            fitter.fit(paying["frequency"], mean_minor / 100)
        return (-fitter._negative_log_likelihood_ - np.log(100)) * len(paying)

    ours_seconds, theirs_seconds, model, reference = compare(
        lambda: fit_spend(paying), theirs, repeats=REPEATS
    )
    better = model.log_likelihood - reference
    return Comparison(
        f"Gamma-Gamma fit, {len(paying):,} repeat customers",
        "raw rows",
        "lifetimes on raw rows",
        ours_seconds,
        theirs_seconds,
        f"log-likelihood {better:+.1e} against lifetimes" + ("" if better > -1e-6 else " TOO LOW"),
    )


def _values(rows: pd.DataFrame) -> list[Comparison]:
    model = fit_purchases(cells_of(rows))
    spend = fit_spend(rows[rows["frequency"] > 0].assign(customers=1))
    theirs, money = lifetimes.BetaGeoFitter(), lifetimes.GammaGammaFitter()
    names = ["r", "alpha", "a", "b"]
    theirs.params_ = pd.Series(model[:4], index=names) * [1, 7, 1, 1]
    theirs.predict = theirs.conditional_expected_number_of_purchases_up_to_time
    money.params_ = pd.Series(spend[:3], index=["p", "q", "v"])
    mean = rows["repeat_amount_minor"] / rows["frequency"].clip(lower=1)

    def their_values() -> pd.Series:
        return money.customer_lifetime_value(
            theirs, *(rows[key] for key in _KEYS), mean, time=12, discount_rate=0.01, freq="D"
        )

    ours_seconds, theirs_seconds, ours, reference = compare(
        lambda: lifetime_value(rows, model, spend, **_MONTHLY), their_values, repeats=REPEATS
    )
    difference = float(np.abs(ours / reference - 1).max())
    scoring, _, scored, _ = compare(
        lambda: score(rows, model, spend, **_MONTHLY), lambda: None, repeats=REPEATS
    )
    errors = scored["lifetime_value_se_minor"]
    return [
        Comparison(
            f"12-month lifetime value, {len(rows):,} customers",
            "distinct (frequency, age) once",
            "lifetimes customer_lifetime_value",
            ours_seconds,
            theirs_seconds,
            f"largest relative difference {difference:.1e}"
            + ("" if difference < 1e-9 else " TOO LARGE"),
        ),
        Comparison(
            f"the same with a standard error each, {len(rows):,} customers",
            "delta method, exact slopes",
            "lifetimes, without one",
            scoring,
            theirs_seconds,
            f"{int(errors.isna().sum())} without an error",
        ),
    ]


def _growth() -> list[Comparison]:
    """Fit and score ten times as many customers as before, each size in a process of its own."""
    costs = {size: _cost(size) for size in (100_000, 1_000_000, 10_000_000)}
    rows = []
    for small, large in ((100_000, 1_000_000), (1_000_000, 10_000_000)):
        before, after = costs[small], costs[large]
        growth = after["cpu_seconds"] / before["cpu_seconds"] / (large / small)
        rows.append(
            Comparison(
                f"fits and scores with errors, {large:,} customers",
                "this size",
                f"ten times {small:,}",
                after["cpu_seconds"],
                10 * before["cpu_seconds"],
                f"growth {growth:.2f} of proportional; fit alone {after['fit_seconds']:.2f} s, "
                f"extra peak {after['fit_extra_mib']:.0f} MiB",
            )
        )
    return rows


def _cost(customers: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.fit_cost", f"{customers}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def median_of(work: Callable[[], object], *, repeats: int = REPEATS) -> float:
    """Return the median CPU seconds of some work."""
    return compare(work, lambda: None, repeats=repeats)[0]
