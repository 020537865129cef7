"""A whole `crm run` of one report, against the plain sum of its cells in one process."""

import os
import statistics
import sys
import tempfile
from collections.abc import Mapping

import nbformat

from analysis import paths
from benchmarks.shops import CRM
from benchmarks.timing import Comparison, command_cost, command_cpu_seconds

_PLAIN = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in {cells!r}:
    shell.run_cell(cell).raise_error()
"""


def run() -> list[Comparison]:
    """Time the lifetime-value report of a small shop: what a run costs besides its cells."""
    return [compare("03_lifetime_value", "cdnow", os.environ, repeats=3)]


def compare(report: str, shop: str, environment: Mapping[str, str], *, repeats: int) -> Comparison:
    """Time both in turns; the plain side starts Python and runs the code cells, nothing else.

    Args:
        report: Name of the notebook.
        shop: The shop.
        environment: Variables of both sides; `ANALYSIS_HOME` names another home.
        repeats: How many times each is run.
    """
    notebook = nbformat.read(paths.notebooks_folder() / f"{report}.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    variables = {**environment, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
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
