"""From ten million orders in parquet to a lifetime value with a standard error for each customer.

The work runs in a process of its own: reductions of `customer_day`, fits of the purchase and the
spend model, and scores. `python -m benchmarks.lifetime_value FOLDER` does it once and prints JSON.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from analysis.engine import open_engine, workbench
from analysis.ingest.derived import derive_tables
from analysis.ltv.purchases import fit_purchases
from analysis.ltv.scoring import score
from analysis.ltv.spend import fit_spend
from benchmarks.simulated import START, purchases
from benchmarks.timing import Comparison, peak_bytes

ORDERS = 10_000_000
DAYS = 730
AS_OF = date(2024, 12, 30)
_WORK = "10M orders to lifetime values with standard errors"


def run() -> Iterator[Comparison]:
    """Tell CPU seconds beside wall seconds; there is nothing else that gives standard errors."""
    with tempfile.TemporaryDirectory() as folder:
        customers = write_orders(Path(folder))
        command = [sys.executable, "-m", "benchmarks.lifetime_value", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    cost = json.loads(done.stdout.splitlines()[-1])
    yield Comparison(
        f"{_WORK}, {customers:,} customers",
        "CPU seconds",
        "wall seconds",
        cost["cpu_seconds"],
        cost["wall_seconds"],
        f"peak {cost['peak_gb']:.2f} GB, {cost['scored']:,} scored, {cost['broken']} without value",
    )


def write_orders(folder: Path) -> int:
    """Write the derived tables of ten million orders, as an import would; return its customers."""
    bought = purchases(
        1_900_000, days=DAYS, rate_shape=1.2, rate_weeks=8.0, leaving=(0.6, 3.4)
    ).head(ORDERS)
    orders = pd.DataFrame(  # noqa: F841
        {
            "customer_id": "C" + bought["customer"].astype(str),
            "ordered_at": (START + bought["day"].to_numpy()).astype("datetime64[us]"),
            "amount_minor": bought["amount_minor"],
        }
    )
    file = folder / "orders.parquet"
    duckdb.sql("SELECT * FROM orders").write_parquet(str(file))
    with workbench(folder) as bench:
        bench.execute(
            "CREATE TABLE orders AS SELECT CAST(row_number() OVER () AS VARCHAR) AS order_id, "
            "*, 'one_off' AS purchase_type FROM read_parquet($file)",
            {"file": str(file)},
        )
        bench.execute("SET memory_limit = '8GB'")
        derive_tables(bench)
        for table in ("customer_day", "customer_keys"):
            bench.table(table).write_parquet(str(folder / f"{table}.parquet"))
    return int(bought["customer"].nunique())


def main(folder: Path) -> None:
    """Do the work once and print what it cost."""
    started, before = time.perf_counter(), time.process_time()
    engine = open_engine(folder)
    purchases = fit_purchases(engine.reduce("btyd_cells", as_of=AS_OF))
    spend = fit_spend(engine.reduce("spend_cells", as_of=AS_OF))
    scored = score(
        engine.reduce("btyd_summary", as_of=AS_OF),
        purchases,
        spend,
        horizon_days=365,
        margin_share=0.4,
        annual_discount_rate=0.1,
    )
    values = scored[["lifetime_value_minor", "lifetime_value_se_minor"]].to_numpy()
    print(
        json.dumps(
            {
                "wall_seconds": time.perf_counter() - started,
                "cpu_seconds": time.process_time() - before,
                "peak_gb": peak_bytes() / 1e9,
                "scored": len(scored),
                "broken": int((~np.isfinite(values)).any(axis=1).sum()),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
