"""`crm run --all` told to end, as a scheduler, the system or a person does it: wherever it is.

The command, its kernels and what they are forked from are real processes. systemd signals all
of them at once, everybody else the command alone.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from analysis.cli import main

CRM = [sys.executable, "-c", "from analysis.cli import main; raise SystemExit(main())"]
HANGS = """\
import os, pathlib, time
mark = pathlib.Path(os.environ["ANALYSIS_HOME"], "in-cell")
mark.write_text(str(os.getpid()))
time.sleep(0 if mark.with_name("no-hang").exists() else 120)"""
# What is slow is to colour its source, which happens once the kernel is gone.
SLOW_TO_RENDER = f"""\
import os, pathlib
pathlib.Path(os.environ["ANALYSIS_HOME"], "in-cell").write_text(str(os.getpid()))
x = [{"1.5, 'a', None, " * 5_000}]
None"""


class Ended(NamedTuple):
    """What the command left when it was over."""

    code: int
    err: str
    summary: dict
    last_words: list[str]


class Command:
    """`crm run --all` as a process of its own."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [*CRM, "run", "--all", "--no-mail", "--jobs", "1", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A test run in the background may hand on signals as ignored.
            preexec_fn=lambda: [signal.signal(number, signal.SIG_DFL) for number in (2, 15)],
        )

    def until(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not reached():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def tell(self, number: int, *, everyone: bool = False) -> None:
        """Send a signal to the command, and with `everyone` to all that it has started."""
        started = psutil.Process(self.process.pid).children(recursive=True) if everyone else []
        self.process.send_signal(number)
        for child in started:
            # One may be gone with another that heard it first.
            with contextlib.suppress(psutil.NoSuchProcess):
                child.send_signal(number)

    def ended(self) -> Ended:
        out, err = self.process.communicate(timeout=60)
        _, alive = psutil.wait_procs(list(processes(self.home)), timeout=10)
        assert alive == []
        assert list((self.home / "reports").glob(".work/*")) == []
        summary = json.loads((self.home / "reports" / "summary.json").read_text())
        return Ended(self.process.returncode, err, summary, out.splitlines())


def processes(home: Path) -> Iterator[psutil.Process]:
    """Yield what runs for a home: commands, kernels, and what these are forked from."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            named = process.environ().get("ANALYSIS_HOME") == str(home)
            if named and process.pid != os.getpid() and process.status() != "zombie":
                yield process


@pytest.fixture(autouse=True)
def _nothing_lives_on(small: Path) -> Iterator[None]:
    yield
    for process in processes(small):
        process.kill()


@contextmanager
def told_in_planning(home: Path, number: int) -> Iterator[Command]:
    """Send the signal while a shop's file is read, which here is a pipe that waits for a writer."""
    file = home / "shops" / "a_first.yaml"
    os.mkfifo(file)
    command = Command(home)
    ends: list[int] = []

    def opened() -> bool:
        try:
            ends.append(os.open(file, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:  # nobody reads it yet
            return False
        return True

    command.until(opened)
    command.tell(number)
    os.write(ends[0], b"title: [")
    os.close(ends[0])
    yield command
    file.unlink()


SIGNALS = [(signal.SIGTERM, 143, "terminated"), (signal.SIGINT, 130, "interrupted")]


@pytest.mark.parametrize(("number", "code", "verdict"), SIGNALS)
def test_before_the_first_kernel_nothing_is_run(small: Path, add_shop, number, code, verdict):
    add_shop("tiny", "good")
    with told_in_planning(small, number) as command:
        ended = command.ended()
    assert ended.code == code, ended.err
    assert (ended.summary["verdict"], ended.summary["exit_code"]) == (verdict, code)
    assert ended.summary["reports"] == []
    assert [shop["shop"] for shop in ended.summary["shops"]] == ["a_first"]
    assert not (small / "reports" / "tiny").exists()
    assert "Traceback" not in ended.err
    assert next_time(small) == {"good": "ok"}


@pytest.mark.parametrize(
    ("kernels", "everyone", "number", "code", "verdict"),
    [
        ("plain", False, *SIGNALS[0]),
        ("forked", False, *SIGNALS[1]),
        ("plain", True, *SIGNALS[0]),
        ("forked", True, *SIGNALS[0]),
    ],
)
def test_in_a_cell_the_kernel_ends_and_the_rest_waits(
    small, add_shop, add_notebook, kernels, everyone, number, code, verdict
):
    add_notebook("hangs", HANGS)
    add_shop("tiny", "good", "hangs", "dies_once")
    (small / "died").touch()
    command = Command(small, "--kernels", kernels)
    command.until((small / "in-cell").exists)
    command.tell(number, everyone=everyone)
    ended = command.ended()
    assert ended.code == code, ended.err
    assert (ended.summary["verdict"], ended.summary["exit_code"]) == (verdict, code)
    assert outcomes(ended) == {"good": "ok", "hangs": verdict, "dies_once": verdict}
    page = small / "reports" / ended.summary["reports"][1]["page"]
    assert "This run did not finish" in page.read_text()
    assert page.read_text().rstrip().endswith("</html>")
    assert not (small / "reports" / "tiny" / "hangs" / "latest").exists()
    assert not (small / "reports" / "tiny" / "dies_once").exists()
    assert "Traceback" not in ended.err
    (small / "no-hang").touch()
    assert next_time(small) == {"hangs": "ok", "dies_once": "ok"}


@pytest.mark.parametrize("kernels", ["plain", "forked"])
def test_while_a_page_is_made_it_is_finished_and_the_rest_waits(
    small, add_shop, add_notebook, kernels
):
    add_notebook("slow", SLOW_TO_RENDER)
    add_shop("tiny", "slow", "good")
    command = Command(small, "--kernels", kernels)
    command.until((small / "in-cell").exists)
    kernel = int((small / "in-cell").read_text())
    command.until(lambda: not psutil.pid_exists(kernel))
    assert list((small / "reports").glob("tiny/slow/2*")) == []
    command.tell(signal.SIGTERM)
    ended = command.ended()
    assert ended.code == 143, ended.err
    assert ended.summary["verdict"] == "terminated"
    assert outcomes(ended) == {"slow": "ok", "good": "terminated"}
    latest = small / "reports" / "tiny" / "slow" / "latest"
    assert (latest / "index.html").read_text().rstrip().endswith("</html>")
    assert latest.resolve().name in (small / "reports" / "index.html").read_text()
    assert ended.last_words[-2] == "The command was told to end. 1 of 2 reports are complete."
    assert next_time(small) == {"good": "ok"}


@pytest.mark.parametrize("delay_s", [0.0, 0.05, 0.1, 0.2, 0.4])
def test_at_any_moment_of_a_kernels_start_nothing_is_left(small: Path, add_shop, delay_s):
    add_shop("tiny", "hangs")
    command = Command(small)
    command.until(lambda: any((small / "reports" / ".work").glob("2*")))
    time.sleep(delay_s)
    command.tell(signal.SIGTERM, everyone=True)
    ended = command.ended()
    assert ended.code == 143, ended.err
    assert outcomes(ended) == {"hangs": "terminated"}


def outcomes(ended: Ended) -> dict[str, str]:
    return {run["report"]: run["outcome"] for run in ended.summary["reports"]}


def next_time(home: Path) -> dict[str, str]:
    """Return what the next command runs and how that ends."""
    assert main(["run", "--all", "--no-mail"]) == 0
    summary = json.loads((home / "reports" / "summary.json").read_text())
    return {run["report"]: run["outcome"] for run in summary["reports"]}
