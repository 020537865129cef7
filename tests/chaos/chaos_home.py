"""A home of its own for chaos: one shop, one notebook, a disk that can be filled, warm commands."""

import multiprocessing
import os
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from random import Random

import nbformat
import psutil
from nbformat import v4

_WARM = ["analysis.cli", "analysis.report.batch", "analysis.report.index", "analysis.report.plan"]
_DISK = 256 << 20
_MARK = "CHAOS_MARK"
SHOP = """\
title: Tiny & <Shop>
currency: USD
time_zone: America/New_York
as_of: yesterday
source:
  importer: cdnow
  file: tiny.txt
reports:
  answer:
"""
PARAMETERS = """\
shop_name: str = "tiny"  # shop
as_of: str = ""  # day to report on, ISO date"""
ANSWER = """\
import time
from analysis import shop
from analysis.findings import Metric
from analysis.report import show
opened = shop.open_shop(shop_name, as_of=as_of)
orders = opened.engine.scalar("period", as_of=opened.as_of)["orders"]
time.sleep(0.1)
show.headline([Metric("orders", "Orders", f"{orders}", orders)])"""
# Modules that say `from datetime import datetime` get the moved one; numpy and pandas take either.
CLOCK = """\
import datetime, os
_real, _shift = datetime.datetime, datetime.timedelta(seconds=float(os.environ["CHAOS_SHIFT_S"]))
class _Like(type):
    def __instancecheck__(cls, value):
        return isinstance(value, _real)
class datetime_(_real, metaclass=_Like):
    @classmethod
    def now(cls, tz=None):
        return _real.now(tz) + _shift
datetime.datetime = datetime_
"""


class Home:
    """The folder, and what can be done to it."""

    def __init__(self, folder: Path, *, mounted: bool) -> None:
        self.folder, self.mounted = folder, mounted
        self.reports = folder / "reports"
        self.mark = secrets.token_hex(8)
        self._versions = 0
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(_WARM)

    def start(self, *arguments: str, limit: int = 0, shift_s: float = 0):
        """Start `crm` in a process of its own; `limit` is the size of a file that it may write."""
        environment = {
            "ANALYSIS_HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            _MARK: self.mark,
        }
        process = self._context.Process(
            target=command, args=(arguments, environment, self.folder, limit, shift_s)
        )
        process.start()
        return process

    def change_notebook(self) -> None:
        """Write the notebook anew, so that its report is due."""
        self._versions += 1
        cells = [
            v4.new_markdown_cell("# How many orders were there?\n\nFor whoever tests."),
            v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}, id="parameters"),
            v4.new_code_cell(f"# {self._versions}\n{ANSWER}", id="answer"),
        ]
        fresh = self.folder / "fresh.ipynb"
        nbformat.write(v4.new_notebook(cells=cells), fresh)
        fresh.replace(self.folder / "notebooks" / "answer.ipynb")

    def change_source(self, random: Random) -> None:
        """Write another export, of another number of orders."""
        count = random.randint(60, 400)
        days = [date(2024, 1, 1) + timedelta(days=n % 300) for n in range(count)]
        lines = [f"c{n % 50:03d} {day:%Y%m%d} 1 {5 + n % 7}.00" for n, day in enumerate(days)]
        (self.folder / "tiny.txt").write_text("\n".join(lines) + "\n")

    def processes(self) -> list[psutil.Process]:
        """Return kernels, and what they are forked from, that are alive."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(_MARK) == self.mark and process.status() != "zombie":
                    found.append(process)
            except psutil.Error:
                continue
        return found

    @contextmanager
    def disk_with(self, free_bytes: int) -> Iterator[None]:
        """Leave so much room on the disk of the reports."""
        ballast = self.reports / "ballast"
        room = shutil.disk_usage(self.reports).free
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, room - free_bytes))
        try:
            yield
        finally:
            ballast.unlink()


def command(
    arguments: tuple[str, ...], environment: dict, folder: Path, limit: int, shift_s: float
) -> None:
    """Be `crm`, in a process that was forked for it."""
    os.environ.update(environment)
    with (folder / "crm.log").open("a") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    if limit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    tempfile.tempdir = None
    if shift_s:
        search = os.pathsep.join([str(folder / "clock"), os.environ.get("PYTHONPATH", "")])
        os.environ |= {"CHAOS_SHIFT_S": f"{shift_s}", "PYTHONPATH": search.rstrip(os.pathsep)}
        code = "from analysis.cli import main; raise SystemExit(main())"
        os.execv(sys.executable, [sys.executable, "-c", code, *arguments])
    from analysis.cli import main

    sys.exit(main(list(arguments)))


@contextmanager
def chaos_home(random: Random) -> Iterator[Home]:
    """Give a home whose shop has data; its reports lie on a small disk where one can be mounted."""
    # Not under pytest's folders, whose names are too long for a socket's.
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for part in ("shops", "data", "reports", "notebooks", "tmp", "clock"):
            (folder / part).mkdir()
        (folder / "clock" / "sitecustomize.py").write_text(CLOCK)
        (folder / "shops" / "tiny.yaml").write_text(SHOP)
        home = Home(folder, mounted=_mount(folder / "reports"))
        try:
            home.change_notebook()
            home.change_source(random)
            wait(home.start("import", "--shop", "tiny"))
            yield home
        finally:
            for process in home.processes():
                process.kill()
            if home.mounted:
                subprocess.run(["umount", "-l", home.reports], check=True)


def _mount(folder: Path) -> bool:
    mount = shutil.which("mount")
    if os.geteuid() or not mount:
        return False
    request = [mount, "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(folder)]
    return subprocess.run(request, capture_output=True, check=False).returncode == 0


def wait(process, seconds: float = 300) -> int | None:
    """Return the exit code; None where the process does not come to its end."""
    process.join(seconds)
    code = process.exitcode
    if code is None:
        process.kill()
        process.join()
    process.close()
    return code


def gone(home: Home, seconds: float = 20) -> list[str]:
    """Return which processes do not end by themselves."""
    deadline = time.monotonic() + seconds
    while (left := home.processes()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return [f"still running: {process}" for process in left]
