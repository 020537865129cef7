"""Homes whose notebooks do one thing each, so that a schedule has much to tell and little to do."""

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

CELL = """\
shop_name: str = "tiny"  # shop
as_of: str = ""  # day to report on, ISO date
weeks: int = 4  # how far ahead, weeks, 1 to 52"""
RECORD = """\
from analysis.findings import Metric
from analysis.report import show
show.record(Metric("weeks", "Weeks", str(weeks), weeks / 3))"""
DIES_ONCE = """\
import os, pathlib, signal
mark = pathlib.Path(os.environ["ANALYSIS_HOME"], "died")
if not mark.exists():
    mark.touch()
    os.kill(os.getpid(), signal.SIGKILL)"""
CODES = {
    "good": RECORD,
    "fails": "raise ValueError('password=hunter2')",
    "dies_once": DIES_ONCE,
    "dies": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "hangs": "import time\ntime.sleep(120)",
}
SHOP = """\
title: {title}
currency: USD
time_zone: {time_zone}
as_of: {as_of}
source:
  importer: cdnow
  file: tiny.txt
{more}reports:
{reports}
"""


@pytest.fixture
def small(home: Path) -> Path:
    """A home with the data of `tiny`, notebooks that do one thing each, and no shop file."""
    (home / "notebooks").unlink()
    (home / "notebooks").mkdir()
    for name, code in CODES.items():
        write_notebook(home, name, code)
    (home / "shops" / "tiny.yaml").unlink()
    return home


@pytest.fixture
def add_shop(small: Path) -> Callable[..., None]:
    """Write a shop's file, with a copy of the data unless it shall have none."""

    def add(
        name: str,
        *reports: str,
        as_of: str = "last_order",
        time_zone: str = "America/New_York",
        title: str = "A shop",
        more: str = "",
        data: bool = True,
    ) -> None:
        names = "\n".join(f"  {report}:" for report in reports) or "  {}"
        text = SHOP.format(title=title, time_zone=time_zone, as_of=as_of, more=more, reports=names)
        (small / "shops" / f"{name}.yaml").write_text(text, encoding="utf-8")
        if data and name != "tiny":
            shutil.copytree(small / "data" / "tiny", small / "data" / name, symlinks=True)

    return add


@pytest.fixture
def add_notebook(small: Path) -> Callable[[str, str], None]:
    """Write a notebook that runs a piece of code."""
    return lambda name, code: write_notebook(small, name, code)


def write_notebook(home: Path, name: str, code: str) -> None:
    cells = [
        v4.new_markdown_cell(f"# It {name}\n\nFor whoever tests."),
        v4.new_code_cell(CELL, metadata={"tags": ["parameters"]}),
        v4.new_code_cell(code),
    ]
    nbformat.write(v4.new_notebook(cells=cells), home / "notebooks" / f"{name}.ipynb")
