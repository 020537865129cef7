"""What fitting and scoring so many customers costs, in a process that has done nothing else.

`python -m benchmarks.fit_cost CUSTOMERS` prints CPU seconds of the fits and of everything, and how
much memory the purchase fit held at most, as JSON.
"""

import json
import sys
import tracemalloc
from collections.abc import Callable

import pandas as pd

from analysis.ltv.purchases import fit_purchases
from analysis.ltv.scoring import score
from analysis.ltv.spend import fit_spend
from benchmarks.fits import cells_of, histories, median_of


def main(customers: int) -> None:
    """Print what it costs."""
    rows = histories(customers)
    repeats = 5 if customers <= 1_000_000 else 3
    costs = _fit_cost(rows[["frequency", "recency_days", "age_days"]].assign(customers=1), repeats)
    cells = cells_of(rows)
    paying = rows[rows["repeat_amount_minor"] > 0].assign(customers=1)

    def everything() -> None:
        purchases, spend = fit_purchases(cells), fit_spend(paying)
        score(rows, purchases, spend, horizon_days=365, annual_discount_rate=0.1)

    print(json.dumps({"cpu_seconds": median_of(everything, repeats=repeats), **costs}))


def _fit_cost(raw: pd.DataFrame, repeats: int) -> dict[str, float]:
    fit_purchases(raw.head(50_000))
    extra = _extra_mib(lambda: fit_purchases(raw))
    seconds = median_of(lambda: fit_purchases(raw), repeats=repeats)
    return {"fit_seconds": seconds, "fit_extra_mib": extra}


def _extra_mib(work: Callable[[], object]) -> float:
    """Return the most memory that the work held at once beyond what was there before."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20


if __name__ == "__main__":
    main(int(sys.argv[1]))
