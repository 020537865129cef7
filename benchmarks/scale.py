"""What reductions cost as shops grow, beside the tools that one would use instead.

Every side works in a process of its own on the same files, one after another, and all must give the
same. CPU seconds and peak memory are those of the work; the exponent tells how CPU seconds grow
with lines from one size to the next: 1 is in proportion.
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

from benchmarks.scale_data import make_data

SIZES = {"1M": 1_000_000, "10M": 10_000_000, "100M": 100_000_000}
TASKS = {
    "summary": ("ours", "polars", "pandas", "lifetimes"),
    "cells": ("ours", "floor", "order floor", "polars", "pandas"),
    "cohorts": ("ours", "polars", "pandas"),
    "pairs": ("ours", "polars", "pandas"),
}
# Of a hundred million lines, only what is promised there: minutes, not hours.
_LARGE = 50_000_000
_LARGE_TASKS = {"cells": ("ours", "floor", "order floor"), "cohorts": ("ours",), "pairs": ("ours",)}


class Cost(NamedTuple):
    """What one side took for one task, or why it has nothing to show."""

    task: str
    tool: str
    lines: int
    cpu_seconds: float = math.nan
    wall_seconds: float = math.nan
    peak_bytes: float = math.nan
    check: tuple[int, ...] = ()
    failure: str = ""


def run(sizes: Sequence[str], tasks: Sequence[str] = ()) -> int:
    """Print the table, and return 1 if any two sides disagree."""
    wrong = False
    earlier: dict[tuple[str, str], Cost] = {}
    print(f"{'task':8} {'lines':>11} {'tool':11} {'CPU s':>8} {'wall s':>8} {'peak GB':>8} "
          f"{'ratio':>6} {'exponent':>8}  result")  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("BENCHMARK_SCALE_FOLDER", temporary))
        for size in sizes:
            wanted = _LARGE_TASKS if SIZES[size] > _LARGE else TASKS
            for task in (name for name in wanted if not tasks or name in tasks):
                mine = None
                for cost in _costs(folder, SIZES[size], task, wanted[task]):
                    mine = mine or cost
                    same = not cost.check or cost.check == mine.check
                    wrong = wrong or not same
                    print(_line(cost, mine, earlier.get((task, cost.tool)), same=same), flush=True)
                    earlier[task, cost.tool] = cost
    return int(wrong)


def _costs(folder: Path, lines: int, task: str, tools: Sequence[str]) -> Iterator[Cost]:
    exact = make_data(folder, lines).lines
    for tool in tools:
        command = [sys.executable, "-m", "benchmarks.scale_sides", tool, task, f"{lines}", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
            yield Cost(task, tool, exact, failure=reason)
            continue
        said = json.loads(done.stdout.splitlines()[-1])
        yield Cost(task, tool, exact, **{**said, "check": tuple(said["check"])})


def _line(cost: Cost, mine: Cost, smaller: Cost | None, *, same: bool) -> str:
    head = f"{cost.task:8} {cost.lines:11,} {cost.tool:11}"
    if cost.failure:
        return f"{head} {cost.failure}"
    growth = ""
    if smaller and not smaller.failure:
        steps = math.log(cost.lines / smaller.lines)
        growth = f"{math.log(cost.cpu_seconds / smaller.cpu_seconds) / steps:.2f}"
    outcome = ("same" if same else "DIFFERENT") if cost.check else "not compared"
    return (
        f"{head} {cost.cpu_seconds:8.2f} {cost.wall_seconds:8.2f} {cost.peak_bytes / 1e9:8.2f} "
        f"{cost.cpu_seconds / mine.cpu_seconds:5.1f}x {growth:>8}  {outcome}"
    )
