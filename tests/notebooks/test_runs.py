"""Every notebook runs wherever people run notebooks, with its defaults and without our runner."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from analysis.report.record import collect

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )


def metrics(notebook: nbformat.NotebookNode) -> dict[str, float]:
    found = {metric["name"]: metric["value"] for metric in collect(notebook)["metrics"]}
    assert found, "a notebook records its numbers"
    return found


@pytest.fixture(scope="module")
def in_lab(samples_home: Path) -> dict[str, dict[str, float]]:
    """What each notebook records when all its cells are run in its own folder, as a lab does."""
    recorded = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_HOME", str(samples_home))
        for path in NOTEBOOKS:
            notebook = nbformat.read(path, as_version=4)
            client = NotebookClient(
                notebook, kernel_name="python3", resources={"metadata": {"path": path.parent}}
            )
            client.execute()
            recorded[path.stem] = metrics(notebook)
    return recorded


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_plain_papermill_from_another_folder_records_the_same(
    samples: Path, tmp_path: Path, path: Path, in_lab: dict[str, dict[str, float]]
) -> None:
    done = run("papermill", "--no-progress-bar", str(path), "out.ipynb", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert metrics(executed) == in_lab[path.stem]


def test_every_notebook_runs_under_nbval(samples: Path) -> None:
    done = run(
        "pytest",
        "--nbval-lax",
        "--nbval-current-env",
        "-p",
        "no:cacheprovider",
        "-q",
        *[str(path) for path in NOTEBOOKS],
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout
    cells = sum(
        cell.cell_type == "code"
        for path in NOTEBOOKS
        for cell in nbformat.read(path, as_version=4).cells
    )
    assert f"{cells} passed" in done.stdout
