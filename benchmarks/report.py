"""A whole `crm run`, against the plain sum of its cells and against papermill with nbconvert."""

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat

from analysis import paths
from analysis.importing import import_shop
from analysis.report.plan import Plan, plan_runs
from benchmarks.shops import CRM
from benchmarks.timing import Comparison, command_cost, command_cpu_seconds

_SHOP = "demo"
_PLAIN = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in {cells!r}:
    shell.run_cell(cell).raise_error()
"""
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def run() -> Iterator[Comparison]:
    """Time reports of small shops: what a run costs besides its cells, and all five of the demo."""
    if not (paths.data_folder() / _SHOP / "current").exists():
        import_shop(_SHOP)
    yield compare("03_lifetime_value", "cdnow", os.environ, repeats=3)
    for plan in plan_runs([], shops=[_SHOP]):
        yield compare(plan.report, _SHOP, os.environ, repeats=1)
    yield from all_reports(_SHOP, os.environ)


def compare(report: str, shop: str, environment: Mapping[str, str], *, repeats: int) -> Comparison:
    """Time both in turns; the plain side starts Python and runs the code cells, nothing else.

    Args:
        report: Name of the notebook.
        shop: The shop.
        environment: Variables of both sides; `ANALYSIS_HOME` names another home.
        repeats: How many times each is run.
    """
    variables = {**environment, **_ONE_THREAD}
    cells = _cells(report, shop)
    ours, plain = [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as reports:
            ours.append(
                command_cost(
                    [CRM, "run", report, "--shop", shop, "--reports", reports], env=variables
                )
            )
        plain.append(
            command_cpu_seconds([sys.executable, "-c", _PLAIN.format(cells=cells)], env=variables)
        )
    cpu_seconds = statistics.median(cost.cpu_seconds for cost in ours)
    wall_seconds = statistics.median(cost.wall_seconds for cost in ours)
    peak = max(cost.peak_bytes for cost in ours)
    return Comparison(
        f"report {report} of {shop}",
        "crm run: kernel, checks, page, record",
        "its cells in a plain process",
        cpu_seconds,
        statistics.median(plain),
        f"{cpu_seconds - statistics.median(plain):.1f} CPU seconds over, {wall_seconds:.0f} s "
        f"elapsed, peak {peak / 1e9:.2f} GB",
    )


def all_reports(shop: str, environment: Mapping[str, str]) -> Iterator[Comparison]:
    """Time all reports of a shop once, beside papermill and nbconvert one after another.

    Then the same command again, for which nothing has changed. The first run of all, untimed,
    warms the file cache and the compiled modules for both sides.
    """
    variables = {**environment, **_ONE_THREAD}
    plans = plan_runs([], shops=[shop])
    with tempfile.TemporaryDirectory() as folder:
        command = [CRM, "run", "--shop", shop, "--reports", f"{folder}/reports"]
        command_cost(command, env=variables)
        ours = command_cost([*command, "--fresh"], env=variables)
        again = command_cost(command, env=variables)
        theirs = command_cost([sys.executable, "-c", _one_by_one(plans, folder)], env=variables)
    yield Comparison(
        f"all {len(plans)} reports of {shop}",
        "crm run",
        "papermill and nbconvert, one after another",
        ours.cpu_seconds,
        theirs.cpu_seconds,
        f"{ours.wall_seconds:.0f} s elapsed against {theirs.wall_seconds:.0f} s",
    )
    yield Comparison(
        f"all {len(plans)} reports of {shop}, unchanged",
        "crm run",
        "crm run --fresh",
        again.cpu_seconds,
        ours.cpu_seconds,
        f"{again.wall_seconds:.1f} s elapsed",
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


def _cells(report: str, shop: str) -> list[str]:
    """Return the code of a report, with the shop after the parameters of the notebook."""
    notebook = nbformat.read(paths.notebooks_folder() / f"{report}.ipynb", as_version=4)
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cells.append(cell.source)
            if "parameters" in cell.metadata.get("tags", []):
                cells.append(f"shop_name = {shop!r}")
    return cells
