"""Every reduction of notebook 01 beside polars and pandas, and the notebook itself.

Each side reads the same parquet files in a process of its own, one after another, and all must
give the same rows: what an analyst would write with either library stands in the modules beside
this one. What a row of `customer_day` tells of the customer's other rows is for the SQL alone; the
others find it out, as one would from orders.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import report
from benchmarks.customers.asked import REDUCTIONS, TOOLS
from benchmarks.shops import demo_home, environment, tables
from benchmarks.timing import Comparison

SIZES = {"1M": 1_000_000, "10M": 10_000_000}
NOTEBOOK = "01_customer_analysis"


class Cost(NamedTuple):
    """What one side took, in a process of its own."""

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    digest: str


def run(sizes: Sequence[str] = ("1M",), only: Sequence[str] = ()) -> Iterator[Comparison]:
    """Compare each reduction, then the whole notebook, a size after another.

    Args:
        sizes: Keys of `SIZES`, rising: the exponent tells how costs grow from one to the next.
        only: Reductions to compare, without the notebook; all and the notebook if empty.
    """
    different, earlier = [], {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("BENCHMARK_SCALE_FOLDER", temporary))
        for size in sizes:
            home = demo_home(folder, SIZES[size])
            for name in only or REDUCTIONS:
                costs = {tool: _cost(tool, name, tables(home)) for tool in TOOLS}
                if len({cost.digest for cost in costs.values()}) > 1:
                    different.append(f"{name} ({size})")
                ours = costs["ours"].cpu_seconds
                growth = _growth(ours, earlier.get(name), SIZES[size])
                earlier[name] = (ours, SIZES[size])
                yield _row(f"{name}, {size} lines", costs, growth)
            if not only:
                row = report.compare(NOTEBOOK, "demo", environment(home), repeats=1)
                growth = _growth(row.ours_cpu_seconds, earlier.get(NOTEBOOK), SIZES[size])
                earlier[NOTEBOOK] = (row.ours_cpu_seconds, SIZES[size])
                yield row._replace(work=f"{row.work}, {size} lines", note=row.note + growth)
    if different:
        raise SystemExit(f"The sides differ: {', '.join(different)}.")


def _cost(tool: str, name: str, folder: Path) -> Cost:
    command = [sys.executable, "-m", "benchmarks.customers.side", tool, name, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(
            f"{name} by {tool}: {(done.stderr.strip().splitlines() or ['killed'])[-1]}"
        )
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _growth(seconds: float, smaller: tuple[float, int] | None, lines: int) -> str:
    if smaller is None:
        return ""
    exponent = math.log(seconds / smaller[0]) / math.log(lines / smaller[1])
    return f", grows with lines to the {exponent:.2f}"


def _row(work: str, costs: dict[str, Cost], growth: str) -> Comparison:
    ours, polars, pandas = (costs[tool] for tool in TOOLS)
    same = ours.digest == polars.digest == pandas.digest
    megabytes = "/".join(f"{cost.peak_bytes / 1e6:,.0f}" for cost in costs.values())
    wall = "/".join(f"{cost.wall_seconds:.2f}" for cost in costs.values())
    return Comparison(
        work,
        "SQL",
        "polars",
        ours.cpu_seconds,
        polars.cpu_seconds,
        f"pandas {pandas.cpu_seconds:.2f} ({pandas.cpu_seconds / ours.cpu_seconds:.1f}x); ours, "
        f"polars, pandas: wall {wall} s, peak {megabytes} MB, "
        f"{ours.peak_bytes / pandas.peak_bytes:.2f} of pandas'; "
        f"{'same' if same else 'DIFFERENT'}{growth}",
    )
