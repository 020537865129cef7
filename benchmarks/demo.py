"""Generating the demo shop, against writing the same tables once more as they are.

20,000 customers, or as many as BENCHMARK_CUSTOMERS says; a million take about three minutes.
"""

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import Comparison, command_cpu_seconds

CUSTOMERS = int(os.environ.get("BENCHMARK_CUSTOMERS", 20_000))

_SHOP = "title: D\ncurrency: JPY\ntime_zone: Asia/Tokyo\nsource: {importer: demo}\nreports: {}\n"
_OURS = """
import sys
from pathlib import Path
from benchmarks.timing import peak_bytes
from analysis.demo import Plan, generate_shop
plan = Plan()._replace(customers=int(sys.argv[1]))
rows = sum(balance.rows_accepted for balance in generate_shop("bench", plan))
peak = peak_bytes() // 2**20
Path(sys.argv[2]).write_text(f"{rows} {peak}")
"""
_THEIRS = """
import sys, duckdb
from pathlib import Path
for file in sorted(Path(sys.argv[1]).glob("*.parquet")):
    duckdb.read_parquet(str(file)).write_parquet(f"{sys.argv[2]}/{file.name}")
"""


def run() -> list[Comparison]:
    """Time both once, in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for name in ("shops", "copy"):
            (home / name).mkdir()
        (home / "shops" / "bench.yaml").write_text(_SHOP)
        environment = {**os.environ, "ANALYSIS_HOME": folder}
        said, tables = home / "said", home / "data" / "bench" / "current"
        ours = command_cpu_seconds(
            [sys.executable, "-c", _OURS, str(CUSTOMERS), str(said)], env=environment
        )
        theirs = command_cpu_seconds(
            [sys.executable, "-c", _THEIRS, str(tables), str(home / "copy")], env=environment
        )
        rows, peak = said.read_text().split()
    return [
        Comparison(
            f"demo shop of {CUSTOMERS:,} customers",
            "generate_shop",
            "DuckDB copying its tables",
            ours,
            theirs,
            f"{int(rows):,} rows, peak memory {int(peak):,} MB",
        )
    ]
