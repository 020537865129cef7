import ast
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat import v4

from analysis.errors import ParameterError
from analysis.report import fork_server as fork_server_module
from analysis.report.batch import run_all
from analysis.report.execute import execute
from analysis.report.forks import fork_server, kernels_wanted, modules_of
from analysis.report.outcome import Outcome
from analysis.report.plan import Plan
from analysis.report.progress import Progress
from analysis.report.run import Limits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")

WHO = "import os\nos.getpid(), os.getppid()"


@pytest.fixture
def notebook(tmp_path: Path):
    """Write cells of code as a notebook."""

    def notebook(*sources: str, name: str = "tiny") -> Path:
        cells = [v4.new_markdown_cell("# Title"), *map(v4.new_code_cell, sources)]
        nbformat.write(v4.new_notebook(cells=cells), tmp_path / f"{name}.ipynb")
        return tmp_path / f"{name}.ipynb"

    return notebook


@pytest.fixture(scope="module")
def shared():
    """A server that no test harms."""
    with fork_server("forked") as forks:
        yield forks


@pytest.fixture
def forks():
    """A server that a test may kill."""
    with fork_server("forked") as forks:
        yield forks


def text(execution, cell: int = -1) -> str:
    (output,) = execution.notebook.cells[cell].outputs
    return output.text if output.output_type == "stream" else output.data["text/plain"]


def process_ids(execution, cell: int = -1) -> tuple[int, int]:
    return as_numbers(text(execution, cell))


def as_numbers(shown: str) -> tuple[int, int]:
    """Return a tuple of numbers from how a notebook shows it."""
    return ast.literal_eval(shown)


def gone(pid: int) -> bool:
    """Tell whether a process has ended; a killed one needs a moment for it."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_the_environment_may_turn_forking_off_and_says_nothing_else(monkeypatch):
    monkeypatch.delenv("CRM_KERNELS", raising=False)
    assert kernels_wanted() == "forked"
    monkeypatch.setenv("CRM_KERNELS", "plain")
    assert kernels_wanted() == "plain"
    with fork_server(kernels_wanted()) as none:
        assert none is None
    monkeypatch.setenv("CRM_KERNELS", "fork")
    with pytest.raises(ParameterError, match="CRM_KERNELS == 'fork', must be forked or plain"):
        kernels_wanted()


def test_what_cells_import_of_the_package_is_imported_beforehand(notebook):
    file = notebook("import pandas, analysis.style\nfrom analysis.report import show", "%magic 1")
    assert modules_of(file) == ["analysis.report.show", "analysis.style"]
    assert modules_of(file.with_name("none.ipynb")) == []


IN_MEMORY = "import sys\n[name in sys.modules for name in NAMES]"


def test_a_kernel_has_in_memory_what_its_own_cells_import_and_no_more_than_asked(notebook, forks):
    names = ["pandas", "analysis.style", "analysis.survival"]
    see = IN_MEMORY.replace("NAMES", f"{names}")
    without = execute(notebook(see), {}, forks=forks)
    assert text(without) == "[True, False, False]"
    file = notebook(see, "import analysis.style", name="styled")
    assert text(execute(file, {}, forks=forks), 1) == "[True, True, False]"
    forks.prepare(["analysis.survival", "analysis.is_no_module"])
    assert text(execute(notebook(see), {}, forks=forks)) == "[True, True, True]"


def test_what_functions_import_later_is_imported_too_where_it_starts_no_thread(monkeypatch):
    asked = ["analysis.experiments.words", "analysis.style"]
    for installed, expected in (
        (None, set(fork_server_module.LATER["analysis.experiments"])),
        (1, set()),
    ):
        monkeypatch.setattr(fork_server_module, "find_spec", lambda _, found=installed: found)
        seen = set()
        monkeypatch.setattr(fork_server_module, "import_module", seen.add)
        fork_server_module.preload(asked)
        assert seen == {*asked, *expected}
    assert all(find_spec(name) for names in fork_server_module.LATER.values() for name in names)


SAME = [
    "import os, sys\nprint(os.getcwd(), sys.argv[0], sys.path, __name__)",
    "sorted((k, v) for k, v in os.environ.items() if k != 'JPY_PARENT_PID')",
    "import matplotlib.pyplot as plt, pandas as pd, duckdb\n"
    "plt.rcParams['backend'], duckdb.sql('SELECT sum(range) FROM range(100000)').fetchall()",
    "fig, ax = plt.subplots()\nax.plot([1, 2])\nfig",
    "pd.DataFrame({'a': [0.1, 0.2]}).sum()",
    "import warnings, signal\nwarnings.warn('careful')\nsignal.getsignal(signal.SIGCHLD)",
    "'fork_server' in str(sys.modules['__main__'])",
]


def test_a_forked_kernel_shows_what_a_plain_one_shows(notebook, shared):
    file = notebook(*SAME)
    forked, plain = execute(file, {}, forks=shared), execute(file, {})
    for execution in (forked, plain):
        assert (execution.outcome, execution.message) == (Outcome.ok, "")
    shown = [
        [[{**output, "execution_count": 0} for output in cell.get("outputs", [])] for cell in cells]
        for cells in (forked.notebook.cells, plain.notebook.cells)
    ]
    for ours, theirs in zip(*shown, strict=True):
        assert without_process(ours) == without_process(theirs)


def without_process(outputs: list[dict]) -> str:
    """Return outputs without the number that a warning's made-up file name carries."""
    return re.sub(r"ipykernel_\d+", "ipykernel", json.dumps(outputs))


def test_each_kernel_is_a_child_of_the_server_with_randomness_of_its_own(notebook, shared):
    draw = "import random, uuid\nimport numpy as np\n"
    draw += "(random.random(), np.random.rand(), uuid.uuid4().hex)"
    file = notebook(WHO, draw, "x = 1")
    found = [execute(file, {}, forks=shared) for _ in range(2)]
    (one, parent), (other, same) = (process_ids(each, 1) for each in found)
    assert parent == same == shared.process.pid
    assert one != other
    drawn = [text(each, 2).strip("()").split(", ") for each in found]
    assert not set(drawn[0]) & set(drawn[1])
    assert gone(one)
    assert gone(other)
    leftover = execute(notebook("x", name="other"), {}, forks=shared)
    assert "NameError" in leftover.message, "what one report sets, no other sees"


def test_kernels_run_side_by_side(notebook, shared):
    wait = "import time\ntime.sleep(1)\ntime.time()"
    files = [notebook(WHO, wait, name=f"n{number}") for number in range(2)]
    found = []
    threads = [
        threading.Thread(target=lambda file=file: found.append(execute(file, {}, forks=shared)))
        for file in files
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.outcome for each in found] == [Outcome.ok] * 2
    assert {process_ids(each, 1)[1] for each in found} == {shared.process.pid}


def test_a_forked_kernel_hears_an_interrupt(notebook, shared):
    source = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nimport time\ntime.sleep(30)"
    execution = execute(notebook(source), {}, forks=shared)
    assert execution.outcome is Outcome.notebook_error
    assert "KeyboardInterrupt" in execution.message


@pytest.mark.parametrize("source", ["import time\ntime.sleep(60)", "while True:\n    pass"])
def test_a_cell_of_a_forked_kernel_that_takes_too_long_is_a_timeout(notebook, shared, source):
    execution = execute(notebook(WHO, source), {}, cell_timeout=1, forks=shared)
    assert execution.outcome is Outcome.timeout
    pid, parent = process_ids(execution, 1)
    assert parent == shared.process.pid
    assert gone(pid)
    assert shared.process.poll() is None


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("os.kill(os.getpid(), 9)", "killed (SIGKILL)"),
        ("os._exit(3)", "exit status 3"),
        ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
    ],
)
def test_the_death_of_a_forked_kernel_is_told_and_the_server_lives(notebook, shared, end, message):
    child = "import subprocess\n(subprocess.Popen(['sleep', '99']).pid, os.getpid())"
    execution = execute(notebook(WHO, child, end), {}, forks=shared)
    assert execution.outcome is Outcome.kernel_died
    assert message in execution.message
    assert all(gone(pid) for pid in process_ids(execution, 2)), "with what its cells started"
    assert execute(notebook("1"), {}, forks=shared).outcome is Outcome.ok


def test_a_server_killed_before_a_run_is_made_up_for_with_one_line(notebook, forks, caplog):
    forks.process.kill()
    forks.process.wait()
    with caplog.at_level(logging.WARNING):
        found = [execute(notebook(WHO), {}, forks=forks) for _ in range(2)]
    assert [each.outcome for each in found] == [Outcome.ok] * 2
    assert [process_ids(each)[1] for each in found] == [os.getpid()] * 2
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("Kernels are started one by one: the process to fork from is lost")


def test_a_server_killed_during_a_run_takes_its_kernel_along_and_the_next_is_plain(notebook, forks):
    seen = []

    def kill(cell):
        if cell.number == 2:
            seen.extend(psutil.Process(forks.process.pid).children())
            forks.process.kill()

    file = notebook(WHO, "import time\ntime.sleep(60)")
    execution = execute(file, {}, forks=forks, on_cell=kill)
    assert execution.outcome is Outcome.kernel_died
    assert execution.cells[-1]["status"] == "failed"
    assert [child.pid for child in seen] == [process_ids(execution, 1)[0]]
    assert gone(seen[0].pid)
    again = execute(notebook(WHO), {}, forks=forks)
    assert process_ids(again)[1] == os.getpid()


def test_a_server_that_is_stopped_is_not_waited_for_long(notebook, forks, caplog, monkeypatch):
    monkeypatch.setattr("analysis.report.forked_process.PATIENCE_S", 1.0)
    assert execute(notebook("1"), {}, forks=forks).outcome is Outcome.ok
    forks.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    with caplog.at_level(logging.WARNING):
        execution = execute(notebook(WHO), {}, forks=forks)
    assert execution.outcome is Outcome.ok
    assert process_ids(execution)[1] == os.getpid()
    assert time.monotonic() - began < 60
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.endswith("one by one: the process to fork from does not answer.")
    forks.process.send_signal(signal.SIGCONT)
    again = execute(notebook(WHO), {}, forks=forks)
    assert process_ids(again)[1] == forks.process.pid


@pytest.mark.parametrize(("end", "outcome"), [("x = 1", "ok"), ("os._exit(3)", "kernel_died")])
def test_the_end_of_a_kernel_is_seen_while_its_server_is_stopped(
    notebook, forks, monkeypatch, end, outcome
):
    monkeypatch.setattr("analysis.report.forked_process.PATIENCE_S", 1.0)

    def stop(cell):
        if cell.number == 2:
            forks.process.send_signal(signal.SIGSTOP)

    execution = execute(notebook(WHO, end), {}, forks=forks, on_cell=stop)
    assert execution.outcome.name == outcome
    assert outcome == "ok" or "exit status 3" in execution.message


def test_a_server_with_a_second_thread_refuses(notebook, tmp_path, caplog, monkeypatch):
    (tmp_path / "polluted").mkdir()
    (tmp_path / "polluted" / "pandas.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "polluted"))
    with caplog.at_level(logging.WARNING), fork_server("forked") as forks:
        monkeypatch.undo()
        execution = execute(notebook(WHO), {}, forks=forks)
    assert execution.outcome is Outcome.ok
    assert process_ids(execution)[1] == os.getpid()
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == "Kernels are started one by one: 2 threads are running."


def test_the_end_of_the_block_ends_the_server_even_while_it_imports():
    with fork_server("forked") as forks:
        pass
    assert forks.process.returncode is not None


OWNER = """
import sys, threading, time
from pathlib import Path
from analysis.report.execute import execute
from analysis.report.forks import fork_server
def tell(cell):
    if cell.number == 2:
        print(forks.process.pid, flush=True)
with fork_server("forked") as forks:
    execute(Path(sys.argv[1]), {}, forks=forks, on_cell=tell)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_a_command_that_is_killed(notebook, number):
    sleep = "import subprocess, time\nsubprocess.Popen(['sleep', '99'])"
    file = notebook(sleep, "time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", OWNER, file], stdout=subprocess.PIPE) as owner:
        server = psutil.Process(int(owner.stdout.readline()))
        running = [server, *server.children(recursive=True)]
        assert len(running) >= 3
        owner.send_signal(number)
    assert all(gone(each.pid) for each in running)


def test_reports_side_by_side_share_one_server_that_is_gone_afterwards(notebook, tmp_path):
    plan = Plan("shop", "one", "One", notebook(WHO), date(2024, 6, 30), {}, {}, {})
    with fork_server("forked") as forks:
        results = run_all(
            [plan, plan._replace(report="two")],
            reports=tmp_path / "reports",
            limits=Limits(cell=0, run=0),
            jobs=2,
            progress=Progress(),
            forks=forks,
        )
    assert [result.outcome for result in results] == [Outcome.ok] * 2
    written = [nbformat.read(result.page.with_name("notebook.ipynb"), 4) for result in results]
    (server,) = {as_numbers(each.cells[-1].outputs[0].data["text/plain"])[1] for each in written}
    assert server != os.getpid()
    assert gone(server)


class Order(Progress):
    """Note which reports begin, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[str] = []

    def start(self, number: int, plan: Plan) -> None:
        self.begun.append(plan.report)
        super().start(number, plan)


def test_of_a_shop_what_took_long_begins_first(notebook, shared, tmp_path):
    reports, file = tmp_path / "reports", notebook("1")
    for report, seconds in (("quick", 1.5), ("slow", 20.0), ("odd", None)):
        (reports / "shop" / report / "latest").mkdir(parents=True)
        record = json.dumps({"seconds": seconds})
        (reports / "shop" / report / "latest" / "run.json").write_text(record)
    asked = [("shop", "quick"), ("other", "new"), ("shop", "odd"), ("shop", "slow")]
    day = date(2024, 6, 30)
    plans = [Plan(shop, report, report, file, day, {}, {}, {}) for shop, report in asked]
    order = Order()
    limits = Limits(cell=0, run=0)
    results = run_all(plans, reports=reports, limits=limits, jobs=1, progress=order, forks=shared)
    assert order.begun == ["odd", "slow", "quick", "new"]
    assert [result.plan for result in results] == plans
