"""A million customers within the time and memory that are promised."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
CODE = """\
import resource, sys
from analysis.cli import main
code = main(["demo", "--customers", "1000000"])
sys.stderr.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
raise SystemExit(code)
"""


@pytest.mark.slow
def test_a_million_customers_fit_in_minutes_and_memory(tmp_path: Path) -> None:
    (tmp_path / "shops").mkdir()
    shutil.copy(CHECKOUT / "shops" / "demo.yaml", tmp_path / "shops")
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**os.environ, "ANALYSIS_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "demo: customers, 1,000,000 rows generated" in done.stdout
    assert time.monotonic() - start < 180
    assert int(done.stderr) < 6 * 1024**2, "kilobytes at the most"
