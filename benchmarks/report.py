"""A whole `crm run` of one report, against the plain sum of its cells in one process."""

import os
import statistics
import sys
import tempfile
from pathlib import Path

import nbformat

from analysis import paths
from benchmarks.timing import Comparison, command_cpu_seconds

_REPORT = "03_lifetime_value"
_SHOP = "cdnow"
_PLAIN = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in {cells!r}:
    shell.run_cell(cell).raise_error()
"""


def run(*, repeats: int = 3) -> list[Comparison]:
    """Time both in turns; the plain side starts Python and runs the code cells, nothing else."""
    notebook = nbformat.read(paths.notebooks_folder() / f"{_REPORT}.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    crm = Path(sys.executable).with_name("crm")
    ours, plain = [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as reports:
            ours.append(
                command_cpu_seconds(
                    [crm, "run", _REPORT, "--shop", _SHOP, "--reports", reports], env=environment
                )
            )
        plain.append(
            command_cpu_seconds([sys.executable, "-c", _PLAIN.format(cells=cells)], env=environment)
        )
    over = statistics.median(ours) - statistics.median(plain)
    return [
        Comparison(
            f"report {_REPORT} of {_SHOP}",
            "crm run: kernel, checks, page, record",
            "its cells in a plain process",
            statistics.median(ours),
            statistics.median(plain),
            f"{over:.1f} CPU seconds over",
        )
    ]
