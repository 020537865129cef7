import json
import threading
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat import v4

from analysis.report.execute import execute
from analysis.report.outcome import Outcome

PARAMETERS = 'shop_name: str = "tiny"  # shop\nn: int = 1  # count'


@pytest.fixture
def run(tmp_path: Path):
    """Run cells of code as a notebook in a folder whose name would trip a path template."""

    def run(*sources: str, parameters=None, **options):
        cells = [
            v4.new_markdown_cell("# Title"),
            v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
            v4.new_markdown_cell("## Part"),
            *(v4.new_code_cell(source) for source in sources),
        ]
        folder = tmp_path / "note{books}"
        folder.mkdir(exist_ok=True)
        file = folder / "tiny.ipynb"
        nbformat.write(v4.new_notebook(cells=cells), file)
        return execute(file, parameters or {"n": 5}, **options)

    return run


def test_a_good_run_has_outputs_parameters_and_no_trace_of_the_machine(run, tmp_path: Path):
    started = []
    before = Path.cwd()
    execution = run(
        "import os\nprint(os.getcwd())",
        "n, shop_name",
        "",
        "# a comment is code as well",
        parameters={"n": 7, "shop_name": 'a"\\b\n{é}'},
        on_cell=started.append,
    )
    assert execution.outcome is Outcome.ok
    assert execution.message == ""
    assert execution.failed_cell is None
    assert Path.cwd() == before
    cells = execution.notebook.cells
    assert cells[4].outputs[0].text == f"{tmp_path / 'note{books}'}\n"
    assert cells[5].outputs[0].data["text/plain"] == repr((7, 'a"\\b\n{é}'))
    assert [cell["index"] for cell in execution.cells] == [1, 2, 4, 5, 7]
    assert {cell["status"] for cell in execution.cells} == {"completed"}
    assert [cell["heading"] for cell in execution.cells] == ["Title"] * 2 + ["Part"] * 3
    assert [(start.number, start.total) for start in started] == [(n, 5) for n in range(1, 6)]
    assert str(tmp_path) not in json.dumps(execution.notebook.metadata)
    assert not {"input_path", "output_path"} & execution.notebook.metadata.papermill.keys()
    nbformat.validate(execution.notebook)


KILLED = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
DATA_ERROR = "from analysis.errors import DataError\nraise DataError('No orders: import them.')"


@pytest.mark.parametrize(
    ("sources", "outcome", "message"),
    [
        (["1 / 0", "2"], Outcome.notebook_error, "ZeroDivisionError: division by zero"),
        (["%load_ext nope"], Outcome.notebook_error, "ModuleNotFoundError"),
        (["try:\n    1 / 0\nexcept Exception:\n    get_ipython().showtraceback()", "2"],
         Outcome.notebook_error, "ZeroDivisionError"),
        ([DATA_ERROR, "2"], Outcome.data_error, "No orders: import them."),
        (["from analysis.errors import PageError\nraise PageError('No alt text.')"],
         Outcome.page_error, "No alt text."),
        (["import sys\nsys.exit(0)", "2"], Outcome.stopped_early, "sys.exit(0)"),
        (["1", "import sys\nsys.exit(3)"], Outcome.stopped_early, "sys.exit(3)"),
        (["1", "quit()"], Outcome.stopped_early, "exit()"),
        ([KILLED, "2"], Outcome.kernel_died, "SIGKILL"),
        (["1", KILLED], Outcome.kernel_died, "SIGKILL"),
        (["import os\nos._exit(3)"], Outcome.kernel_died, "exit status 3"),
        (["import ctypes\nctypes.string_at(0)"], Outcome.kernel_died, "SIGSEGV"),
        (["open('/dev/full', 'w').write('x' * 100_000)"], Outcome.disk_full, "No space left"),
    ],
)  # fmt: skip
def test_each_failure_is_told_apart(run, sources, outcome, message):
    execution = run(*sources)
    assert execution.outcome is outcome
    assert message in execution.message
    guilty = next(at for at, source in enumerate(sources) if source not in ("1", "2"))
    assert execution.failed_cell == {"index": 4 + guilty, "heading": "Part"}
    failed = execution.notebook.cells[4 + guilty]
    assert any(output.output_type == "error" for output in failed.outputs)
    assert [cell["status"] for cell in execution.cells][2 + guilty] == "failed"
    assert failed.metadata.papermill["status"] == "failed"


@pytest.mark.parametrize("source", [KILLED, "exit()"])
def test_cells_after_the_failure_are_pending_in_the_record_and_in_the_notebook(run, source):
    execution = run(source, "2", "3")
    assert [cell["status"] for cell in execution.cells[-2:]] == ["pending"] * 2
    assert [cell["seconds"] for cell in execution.cells[-2:]] == [None] * 2
    assert [cell.metadata.papermill["status"] for cell in execution.notebook.cells[-2:]] == (
        ["pending"] * 2
    )


@pytest.mark.parametrize("source", ["import time\ntime.sleep(60)", "while True:\n    pass"])
def test_a_cell_that_takes_too_long_is_a_timeout(run, source):
    began = time.monotonic()
    execution = run("1", source, cell_timeout=1)
    assert execution.outcome is Outcome.timeout
    assert "longer than the 1 s allowed" in execution.message
    assert execution.failed_cell == {"index": 5, "heading": "Part"}
    assert time.monotonic() - began < 20


def test_a_run_that_takes_too_long_is_a_timeout_though_each_cell_is_short(run):
    execution = run(*["import time\ntime.sleep(.5)"] * 20, cell_timeout=5, run_timeout=3)
    assert execution.outcome is Outcome.timeout
    assert "The run took longer than the 3 s allowed." in execution.message


def test_a_run_that_is_over_before_the_kernel_is_up_is_a_timeout(run):
    execution = run("1", run_timeout=0.05)
    assert execution.outcome is Outcome.timeout
    assert {cell["status"] for cell in execution.cells} == {"pending"}


def test_a_tag_does_not_excuse_a_failing_cell(tmp_path: Path):
    tags = {"tags": ["raises-exception"]}
    cells = [v4.new_code_cell("1 / 0", metadata=tags), v4.new_code_cell("2")]
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "x.ipynb")
    execution = execute(tmp_path / "x.ipynb", {})
    assert execution.outcome is Outcome.notebook_error
    assert execution.failed_cell == {"index": 0, "heading": ""}


def test_a_cell_that_was_passed_over_without_a_word_is_no_good_run(tmp_path: Path):
    cells = [v4.new_code_cell("1", metadata={"tags": ["skip-execution"]}), v4.new_code_cell("2")]
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "x.ipynb")
    execution = execute(tmp_path / "x.ipynb", {})
    assert execution.outcome is Outcome.stopped_early
    assert execution.message == "A cell was never run."
    assert [cell["status"] for cell in execution.cells] == ["failed", "completed"]


def test_a_stop_from_outside_ends_the_kernel_and_gives_the_reason(run):
    running = threading.Event()
    watches = []

    def stop():
        running.wait(30)
        watches[0].stop(Outcome.terminated, "Told to.")
        watches[0].stop(Outcome.interrupted, "Too late to say.")

    stopper = threading.Thread(target=stop)
    stopper.start()
    execution = run(
        "1",
        "import time\ntime.sleep(60)",
        on_cell=lambda cell: running.set() if cell.number == 4 else None,
        on_start=watches.append,
    )
    stopper.join()
    assert execution.outcome is Outcome.terminated
    assert execution.message == "Told to."
    assert execution.failed_cell["index"] == 5


@pytest.mark.parametrize("end", ["", KILLED])
def test_nothing_is_left_running_that_a_cell_started(run, end):
    start = "import os, subprocess\nprint(os.getpid(), subprocess.Popen(['sleep', '99']).pid)"
    execution = run(start, end)
    assert execution.outcome is (Outcome.kernel_died if end else Outcome.ok)
    for pid in map(int, execution.notebook.cells[4].outputs[0].text.split()):
        assert gone(pid)


def gone(pid: int) -> bool:
    """Tell whether a process has ended; a killed one needs a moment for it."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_kernels_use_one_thread_unless_the_user_says_otherwise(run, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    execution = run(
        "import os\nprint(os.environ['OMP_NUM_THREADS'], os.environ['OPENBLAS_NUM_THREADS'])"
    )
    assert execution.notebook.cells[-1].outputs[0].text == "1 2\n"


def test_a_kernel_of_the_user_does_not_stand_in_for_ours(run, monkeypatch, tmp_path: Path):
    folder = tmp_path / "jupyter" / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {"argv": ["/bin/false"], "display_name": "broken", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    assert run("1").outcome is Outcome.ok
