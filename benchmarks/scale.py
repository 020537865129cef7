"""What reductions cost as shops grow, beside the tools that one would use instead.

Every side works in a process of its own on the same files, one after another, and all must give the
same. PostgreSQL and Spark on this machine are asked for the same reductions up to a few million
lines, to tell what leaving DuckDB costs: the tables are loaded and the session is open before the
clock starts, and a query is the first of its session. CPU seconds and peak memory are those of the
work; the exponent tells how CPU seconds grow with lines from one size to the next: 1 is in
proportion.
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

from benchmarks.scale_data import Data, make_data
from benchmarks.scale_servers import TOOLS as SERVERS
from benchmarks.scale_servers import MissingError, served

SIZES = {"1M": 1_000_000, "10M": 10_000_000, "100M": 100_000_000}
TASKS = {
    "summary": ("ours", "polars", "pandas", "lifetimes"),
    "cells": ("ours", "floor", "order floor", "polars", "pandas"),
    "cohorts": ("ours", "polars", "pandas"),
    "pairs": ("ours", "polars", "pandas"),
}
TOOLS = (*dict.fromkeys(tool for sides in TASKS.values() for tool in sides), *SERVERS)
_SERVERS_UNTIL = 5_000_000
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


def run(sizes: Sequence[str], tasks: Sequence[str] = (), tools: Sequence[str] = ()) -> int:
    """Print the table of all sides or of some, and return 1 if any two of them disagree."""
    wrong = False
    earlier: dict[tuple[str, str], Cost] = {}
    print(f"{'task':8} {'lines':>11} {'tool':11} {'CPU s':>8} {'wall s':>8} {'peak GB':>8} "
          f"{'ratio':>6} {'exponent':>8}  result")  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("BENCHMARK_SCALE_FOLDER", temporary))
        for size in sizes:
            mine: dict[str, Cost] = {}
            for cost in _costs(folder, SIZES[size], tasks, tools):
                first = mine.setdefault(cost.task, cost)
                same = not cost.check or cost.check == first.check
                wrong = wrong or not same
                smaller = earlier.get((cost.task, cost.tool))
                print(_line(cost, first, smaller, same=same), flush=True)
                earlier[cost.task, cost.tool] = cost
    return int(wrong)


def _costs(folder: Path, lines: int, tasks: Sequence[str], tools: Sequence[str]) -> Iterator[Cost]:
    data = make_data(folder, lines)
    place = [f"{lines}", str(folder)]
    every = _LARGE_TASKS if lines > _LARGE else TASKS
    wanted = {task: every[task] for task in every if not tasks or task in tasks}
    for task, sides in wanted.items():
        for tool in (side for side in sides if not tools or side in tools):
            yield _cost(task, tool, data, place, {})
    if lines > _SERVERS_UNTIL:
        return
    for tool in (server for server in SERVERS if not tools or server in tools):
        try:
            with served(tool, data) as variables:
                for task in wanted:
                    yield _cost(task, tool, data, place, variables)
        except MissingError as reason:
            yield from (Cost(task, tool, data.lines, failure=f"{reason}") for task in wanted)


def _cost(task: str, tool: str, data: Data, place: list[str], variables: dict[str, str]) -> Cost:
    command = [sys.executable, "-m", "benchmarks.scale_sides", tool, task, *place]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        return Cost(task, tool, data.lines, failure=reason)
    said = json.loads(done.stdout.splitlines()[-1])
    return Cost(task, tool, data.lines, **{**said, "check": tuple(said["check"])})


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
