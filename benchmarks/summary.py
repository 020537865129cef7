"""The BTYD summary of a million order lines, against lifetimes' own."""

import tempfile
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from lifetimes.utils import summary_data_from_transaction_data

from analysis.engine import open_engine, workbench
from analysis.ingest.derived import derive_tables
from benchmarks.simulated import START, purchases
from benchmarks.timing import Comparison, compare

LINES = 1_000_000
DAYS = 730
AS_OF = date(2024, 12, 30)


def run() -> list[Comparison]:
    """Time both on the same parquet file, and check that they return the same."""
    lines = purchases(560_000, days=DAYS).head(LINES)
    orders = pd.DataFrame(  # noqa: F841
        {
            "customer_id": lines["customer"].astype(str),
            "ordered_at": (START + lines["day"].to_numpy()).astype("datetime64[us]"),
            "amount_minor": lines["amount_minor"],
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.parquet"
        duckdb.sql("SELECT * FROM orders").write_parquet(str(file))
        with workbench() as bench:
            bench.execute(
                "CREATE TABLE orders AS SELECT CAST(row_number() OVER () AS VARCHAR) AS order_id, "
                "*, 'one_off' AS purchase_type FROM read_parquet($file)",
                {"file": str(file)},
            )
            derive_tables(bench)
            for table in ("customer_day", "customer_keys"):
                bench.table(table).write_parquet(str(Path(folder) / f"{table}.parquet"))

        def ours() -> pd.DataFrame:
            return open_engine(Path(folder)).reduce("btyd_summary", as_of=AS_OF)

        def theirs() -> pd.DataFrame:
            return summary_data_from_transaction_data(
                pd.read_parquet(file),
                "customer_id",
                "ordered_at",
                "amount_minor",
                observation_period_end=str(AS_OF),
            )

        ours_seconds, theirs_seconds, mine, reference = compare(ours, theirs)
    mine = mine.set_index("customer_id").loc[reference.index]
    same = (
        (mine["frequency"] == reference["frequency"]).all()
        and (mine["recency_days"] == reference["recency"]).all()
        and (mine["age_days"] == reference["T"]).all()
        and np.allclose(
            mine["repeat_amount_minor"] / mine["frequency"].clip(lower=1),
            reference["monetary_value"],
        )
    )
    return [
        Comparison(
            f"BTYD summary, {len(lines):,} order lines of {len(mine):,} customers",
            "btyd_summary.sql from customer_day",
            "lifetimes.utils.summary_data_from_transaction_data",
            ours_seconds,
            theirs_seconds,
            "same rows" if same else "DIFFERENT ROWS",
        )
    ]
