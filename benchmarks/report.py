"""A whole `crm run`, against the work in its cells and against papermill with nbconvert.

What a cell takes is told by the kernel itself, from before the first statement to after the last:
IPython calls a start-up file of its profile. Whatever else the command and its kernels do is on
top: starting them, planning, fingerprints, checks, the page, the record and the index.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from analysis import paths
from analysis.ingest import import_shop
from analysis.report.plan import Plan, plan_runs
from benchmarks.shops import CRM
from benchmarks.timing import CommandCost, Comparison, command_cost

_SHOP = "demo"
_ROUNDS = 3
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_FOLDER = "CELL_SECONDS"
_TELL_SECONDS = f"""
import os, time
from IPython import get_ipython

class Watch:
    began = spent = 0.0

    def before(self, _):
        self.began = time.process_time()

    def after(self, _):
        self.spent += time.process_time() - self.began
        with open(os.path.join(os.environ["{_FOLDER}"], str(os.getpid())), "w") as file:
            file.write(str(self.spent))

_watch = Watch()
get_ipython().events.register("pre_run_cell", _watch.before)
get_ipython().events.register("post_run_cell", _watch.after)
"""


class Run(NamedTuple):
    """What a command took, and what of that its cells did."""

    cost: CommandCost
    cells_cpu_seconds: float

    @property
    def above_cpu_seconds(self) -> float:
        """What it took above the work in its cells."""
        return self.cost.cpu_seconds - self.cells_cpu_seconds


def run() -> Iterator[Comparison]:
    """Time reports of small shops: what a run costs besides its cells, and all of the demo."""
    if not (paths.data_folder() / _SHOP / "current").exists():
        import_shop(_SHOP)
    yield from all_reports(_SHOP, os.environ, repeats=_ROUNDS)
    yield compare("03_lifetime_value", "cdnow", os.environ, repeats=_ROUNDS)
    for plan in plan_runs([], shops=[_SHOP]):
        yield compare(plan.report, _SHOP, os.environ, repeats=1)


def compare(report: str, shop: str, environment: Mapping[str, str], *, repeats: int) -> Comparison:
    """Time one report; its kernel is a plain one, so that its cells import what they need.

    Args:
        report: Name of the notebook.
        shop: The shop.
        environment: Variables of the command; `ANALYSIS_HOME` names another home.
        repeats: How many times it is run.
    """
    with tempfile.TemporaryDirectory() as folder:
        request = [report, "--shop", shop, "--kernels", "plain", "--fresh"]
        command = _crm(folder, *request)
        runs = [_timed(command, environment) for _ in range(repeats)]
    middle = _median(runs)
    return Comparison(
        f"report {report} of {shop}",
        "crm run: kernel, checks, page, record",
        "its cells",
        middle.cost.cpu_seconds,
        middle.cells_cpu_seconds,
        f"{middle.above_cpu_seconds:.1f} CPU seconds above its cells, "
        f"{middle.cost.wall_seconds:.0f} s elapsed, "
        f"peak {max(run.cost.peak_bytes for run in runs) / 1e9:.2f} GB",
    )


def _crm(folder: str, *request: str) -> list[str]:
    return [f"{CRM}", "run", *request, "--reports", f"{folder}/reports"]


def _timed(command: Sequence[str], environment: Mapping[str, str]) -> Run:
    with _profile() as (folder, variables):
        cost = command_cost(command, env={**environment, **_ONE_THREAD, **variables})
        seconds = [float(file.read_text()) for file in folder.iterdir()]
    return Run(cost, sum(seconds))


@contextmanager
def _profile() -> Iterator[tuple[Path, dict[str, str]]]:
    """Give the folder that kernels write their seconds into, and the variables that tell them."""
    with tempfile.TemporaryDirectory() as name:
        startup, seconds = Path(name, "profile_default", "startup"), Path(name, "seconds")
        startup.mkdir(parents=True)
        seconds.mkdir()
        (startup / "tell_seconds.py").write_text(_TELL_SECONDS)
        yield seconds, {"IPYTHONDIR": name, _FOLDER: f"{seconds}"}


def _median(runs: Sequence[Run]) -> Run:
    return sorted(runs, key=lambda run: run.above_cpu_seconds)[len(runs) // 2]


def all_reports(shop: str, environment: Mapping[str, str], *, repeats: int) -> Iterator[Comparison]:
    """Time all reports of a shop, beside papermill and nbconvert one after another, in turns.

    Then the same command again, for which nothing has changed. The first run of all, untimed,
    warms the file cache and the compiled modules for both sides.
    """
    variables = {**environment, **_ONE_THREAD}
    plans = plan_runs([], shops=[shop])
    ours, again, theirs = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        command = _crm(folder, "--shop", shop)
        one_by_one = [sys.executable, "-c", _one_by_one(plans, folder)]
        command_cost(command, env=variables)
        for _ in range(repeats):
            ours.append(_timed([*command, "--fresh"], environment))
            again.append(command_cost(command, env=variables))
            theirs.append(command_cost(one_by_one, env=variables))
    middle = _median(ours)
    elapsed = [statistics.median(cost.wall_seconds for cost in side) for side in (again, theirs)]
    yield Comparison(
        f"all {len(plans)} reports of {shop}",
        "crm run",
        "papermill and nbconvert, one after another",
        middle.cost.cpu_seconds,
        statistics.median(cost.cpu_seconds for cost in theirs),
        f"{middle.cost.wall_seconds:.0f} s elapsed against {elapsed[1]:.0f} s; "
        f"{middle.above_cpu_seconds / len(plans):.1f} CPU seconds a report above its cells, "
        "with what they import",
    )
    yield Comparison(
        f"all {len(plans)} reports of {shop}, unchanged",
        "crm run",
        "crm run --fresh",
        statistics.median(cost.cpu_seconds for cost in again),
        middle.cost.cpu_seconds,
        f"{elapsed[0]:.1f} s elapsed",
    )


def _one_by_one(plans: list[Plan], folder: str) -> str:
    """Return a program that calls the two commands, for one report after another."""
    names = ("papermill", "jupyter-nbconvert")
    papermill, nbconvert = (f"{CRM.with_name(name)}" for name in names)
    commands = []
    for plan in plans:
        written = f"{Path(folder) / plan.notebook.name}"
        given = ["-r", "shop_name", plan.shop, "-r", "as_of", f"{plan.as_of}"]
        commands.append([papermill, f"{plan.notebook}", written, "-k", "python3", *given])
        commands.append([nbconvert, "--to", "html", written])
    return f"import subprocess\nfor each in {commands!r}: subprocess.run(each, check=True)"
