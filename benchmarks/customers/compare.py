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
from contextlib import contextmanager
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


class Sides(NamedTuple):
    """What one reduction took on each side.

    Attributes:
        work: The reduction, and how many order lines it was given.
        costs: Tool to what it took.
        growth: How our cost grew from the size before, as a sentence's end; empty for the first.
    """

    work: str
    costs: dict[str, Cost]
    growth: str


def run(sizes: Sequence[str] = ("1M",)) -> Iterator[Comparison]:
    """Compare each reduction, a size after another, then the whole notebook.

    Args:
        sizes: Keys of `SIZES`, rising: the exponent tells how costs grow from one to the next.
    """
    with data_folder() as folder:
        yield from (_row(sides) for sides in measure(folder, sizes))
        yield from whole_notebook(folder, sizes)


@contextmanager
def data_folder() -> Iterator[Path]:
    """Lend a folder for the shops: `BENCHMARK_SCALE_FOLDER`, or one that is removed afterwards."""
    with tempfile.TemporaryDirectory() as temporary:
        yield Path(os.environ.get("BENCHMARK_SCALE_FOLDER", temporary))


def measure(folder: Path, sizes: Sequence[str], only: Sequence[str] = ()) -> Iterator[Sides]:
    """Measure the reductions named, or all, on every side.

    Args:
        folder: Holds the shops, or will.
        sizes: Keys of `SIZES`, rising.
        only: Reductions to measure; all if empty.

    Raises:
        SystemExit: At the end, if the sides did not give the same rows.
    """
    different, earlier = [], {}
    for size in sizes:
        home = demo_home(folder, SIZES[size])
        for name in only or REDUCTIONS:
            costs = {tool: _cost(tool, name, tables(home)) for tool in TOOLS}
            if not _same(costs):
                different.append(f"{name} ({size})")
            ours = costs["ours"].cpu_seconds
            growth = _growth(ours, earlier.get(name), SIZES[size])
            earlier[name] = (ours, SIZES[size])
            yield Sides(f"{name}, {size} lines", costs, growth)
    if different:
        raise SystemExit(f"The sides differ: {', '.join(different)}.")


def whole_notebook(folder: Path, sizes: Sequence[str]) -> Iterator[Comparison]:
    """Compare the report of the notebook with plain papermill, a size after another."""
    earlier = None
    for size in sizes:
        home = demo_home(folder, SIZES[size])
        row = report.compare(NOTEBOOK, "demo", environment(home), repeats=1)
        growth = _growth(row.ours_cpu_seconds, earlier, SIZES[size])
        earlier = (row.ours_cpu_seconds, SIZES[size])
        yield row._replace(work=f"{row.work}, {size} lines", note=row.note + growth)


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


def _same(costs: dict[str, Cost]) -> bool:
    return len({cost.digest for cost in costs.values()}) == 1


def _row(sides: Sides) -> Comparison:
    ours, polars, pandas = (sides.costs[tool] for tool in TOOLS)
    megabytes = "/".join(f"{cost.peak_bytes / 1e6:,.0f}" for cost in sides.costs.values())
    wall = "/".join(f"{cost.wall_seconds:.2f}" for cost in sides.costs.values())
    return Comparison(
        sides.work,
        "SQL",
        "polars",
        ours.cpu_seconds,
        polars.cpu_seconds,
        f"pandas {pandas.cpu_seconds:.2f} ({pandas.cpu_seconds / ours.cpu_seconds:.1f}x); ours, "
        f"polars, pandas: wall {wall} s, peak {megabytes} MB, "
        f"{ours.peak_bytes / pandas.peak_bytes:.2f} of pandas'; "
        f"{'same' if _same(sides.costs) else 'DIFFERENT'}{sides.growth}",
    )


HEADING = (
    "| reduction | ours | polars | pandas | polars / ours | pandas / ours | memory / pandas' "
    "| rows |\n|---|---|---|---|---|---|---|---|"
)


def table_row(sides: Sides) -> str:
    """Return a line under `HEADING`: CPU seconds and peak MB of each side, and their ratios."""
    ours, polars, pandas = (sides.costs[tool] for tool in TOOLS)
    cells = (
        f"{cost.cpu_seconds:.2f} s, {cost.peak_bytes / 1e6:,.0f}" for cost in (ours, polars, pandas)
    )
    return (
        f"| {sides.work} | {' | '.join(cells)} | {polars.cpu_seconds / ours.cpu_seconds:.1f}x "
        f"| {pandas.cpu_seconds / ours.cpu_seconds:.1f}x "
        f"| {ours.peak_bytes / pandas.peak_bytes:.2f} "
        f"| {'same' if _same(sides.costs) else 'DIFFERENT'}{sides.growth} |"
    )
