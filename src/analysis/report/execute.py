"""Running one notebook, and the verdict on how it went."""

import errno
import logging
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output

from analysis import errors
from analysis.notebooks import headings
from analysis.report.forks import ForkServer, modules
from analysis.report.kernel import Watch, papermill
from analysis.report.outcome import Outcome

ERROR_CELL_TAG = "papermill-error-cell-tag"
_NO_SPACE = "No space left on device"
_WRITE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MESSAGE_LENGTH = 600


class CellStart(NamedTuple):
    """A cell that is about to run.

    Attributes:
        number: Its place among the cells that hold code, from 1.
        total: How many cells hold code.
        heading: The nearest heading above it.
    """

    number: int
    total: int
    heading: str


class Execution(NamedTuple):
    """How a notebook ran.

    Attributes:
        outcome: The verdict.
        message: What went wrong in one sentence, empty for a good run.
        failed_cell: `index` (from 0, in `notebook`) and `heading` of the cell that went wrong.
        cells: For every cell that holds code: `index`, `heading`, `seconds`, `status`
            (`completed`, `failed`, `pending`).
        notebook: The notebook with the outputs it got to, without traces of this machine.
    """

    outcome: Outcome
    message: str
    failed_cell: dict[str, Any] | None
    cells: list[dict[str, Any]]
    notebook: NotebookNode


def execute(
    notebook_path: Path,
    parameters: Mapping[str, Any],
    *,
    cell_timeout: float = 0,
    run_timeout: float = 0,
    on_cell: Callable[[CellStart], None] = lambda _: None,
    on_start: Callable[[Watch], None] = lambda _: None,
    forks: ForkServer | None = None,
    env: Mapping[str, str] | None = None,
) -> Execution:
    """Run a notebook in a fresh kernel, and judge the run by what the kernel replied.

    A run is good only if nothing was raised here, every cell that holds code was answered without
    an error, and no cell asked to leave.

    Args:
        notebook_path: The notebook; the kernel starts in its folder.
        parameters: Values for its parameters cell, checked already.
        cell_timeout: Seconds that one cell may take, 0 for any.
        run_timeout: Seconds that all may take, kernel start included, 0 for any.
        on_cell: Called in this thread before each cell.
        on_start: Given the watch through which another thread can end the run.
        forks: Where kernels are forked from; None to start one the usual way.
        env: What the kernel's environment holds beside that of this process.
    """
    source = nbformat.reads(notebook_path.read_text(encoding="utf-8"), as_version=4)
    watch = Watch(
        cell_timeout=cell_timeout,
        on_cell=lambda at: on_cell(_start(watch, at)),
        forks=forks,
        imports=modules(source.cells),
        env=env,
    )
    reason = f"The run took longer than the {run_timeout:g} s allowed."
    timer = threading.Timer(run_timeout, watch.stop, (Outcome.timeout, reason))
    timer.daemon = True
    if run_timeout:
        timer.start()
    try:
        on_start(watch)
        error = _run(source, parameters, watch, notebook_path.parent)
    finally:
        timer.cancel()
    return _told(_judge(watch, error, _clean(watch.notebook or source)))


def _run(
    source: NotebookNode, parameters: Mapping[str, Any], watch: Watch, folder: Path
) -> Exception | None:
    # Every refusal is told in the verdict; papermill's own lines would only repeat it.
    logging.getLogger("papermill").setLevel(logging.CRITICAL + 1)
    try:
        papermill.execute_notebook(
            source,
            None,
            dict(parameters),
            engine_name="watched",
            kernel_name="python3",
            language="python",
            progress_bar=False,
            log_output=False,
            watch=watch,
            kernel_cwd=folder,
        )
    except Exception as error:
        return error
    return None


def _start(watch: Watch, index: int) -> CellStart:
    assert watch.notebook is not None  # noqa: S101
    cells = watch.notebook.cells
    with_code = [at for at, cell in enumerate(cells) if _holds_code(cell)]
    return CellStart(with_code.index(index) + 1, len(with_code), headings(cells)[index])


def _holds_code(cell: Mapping[str, Any]) -> bool:
    return cell["cell_type"] == "code" and bool(cell["source"].strip())


def _clean(notebook: NotebookNode) -> NotebookNode:
    notebook.cells = [
        cell for cell in notebook.cells if ERROR_CELL_TAG not in cell.metadata.get("tags", [])
    ]
    for place in ("input_path", "output_path"):
        notebook.metadata.get("papermill", {}).pop(place, None)
    return notebook


def _told(execution: Execution) -> Execution:
    """Let the notebook itself say what became of each cell.

    papermill marks cells that never ran as completed; a cell whose kernel is gone shows nothing.
    """
    cells = execution.notebook.cells
    for fate in execution.cells:
        cells[fate["index"]].metadata.setdefault("papermill", {})["status"] = fate["status"]
    if execution.failed_cell:
        cell = cells[execution.failed_cell["index"]]
        if not any(output.output_type == "error" for output in cell.outputs):
            name, text = execution.outcome.name, execution.message
            cell.outputs.append(new_output("error", ename=name, evalue=text, traceback=[text]))
    return execution


def _judge(watch: Watch, error: Exception | None, notebook: NotebookNode) -> Execution:
    names = headings(notebook.cells)
    cells = [
        {"index": at, "heading": names[at], **_fate(watch, at)}
        for at, cell in enumerate(notebook.cells)
        if _holds_code(cell)
    ]
    outcome, message, index = _verdict(watch, error, cells)
    failed = None if index is None else {"index": index, "heading": names[index]}
    for cell in cells:
        if cell["index"] == index:
            cell["status"] = "failed"
    return Execution(outcome, _one_line(message), failed, cells, notebook)


def _fate(watch: Watch, index: int) -> dict[str, Any]:
    reply = watch.replies.get(index)
    if reply is None:
        return {"seconds": None, "status": "pending"}
    return {"seconds": reply.seconds, "status": "failed" if reply.error else "completed"}


def _verdict(
    watch: Watch, error: Exception | None, cells: list[dict[str, Any]]
) -> tuple[Outcome, str, int | None]:
    """Return outcome, sentence and the cell to blame."""
    for index, reply in watch.replies.items():
        if reply.leaves:
            return Outcome.stopped_early, _left(reply.error, reply.text), index
        if reply.error:
            return *_blame(reply.error, reply.text), index
    pending = [cell["index"] for cell in cells if cell["status"] == "pending"]
    at = watch.running if watch.running not in watch.replies else None
    if watch.stopped and (error or pending):
        return *watch.stopped, at
    if error is None and pending:
        return Outcome.stopped_early, "A cell was never run.", pending[0]
    if error is None:
        return Outcome.ok, "", None
    if isinstance(error, papermill.exceptions.PapermillExecutionError):
        return *_blame(error.ename, error.evalue), error.cell_index
    if isinstance(error, OSError) and error.errno in _WRITE_ERRORS:
        return Outcome.disk_full, f"The kernel could not be started: {error.strerror}.", at
    if isinstance(error, TimeoutError):
        return Outcome.timeout, "The kernel stopped sending what the cell shows.", at
    if isinstance(error, RuntimeError):
        return Outcome.kernel_died, _death(watch.exit_status), at
    return Outcome.notebook_error, f"{type(error).__name__}: {error}", at


def _left(name: str, text: str) -> str:
    call = f"sys.exit({text})" if name == "SystemExit" else "exit()"
    return f"The cell called {call}; the cells after it were not run."


def _blame(name: str, text: str) -> tuple[Outcome, str]:
    refusal = getattr(errors, name, None)
    if isinstance(refusal, type) and issubclass(refusal, errors.AnalysisError):
        outcome = Outcome.page_error if name == "PageError" else Outcome.data_error
        return outcome, text
    if _NO_SPACE in text:
        return Outcome.disk_full, f"{name}: {text}"
    return Outcome.notebook_error, f"{name}: {text}"


def _death(exit_status: int | None) -> str:
    if exit_status == -signal.SIGKILL:
        return "The kernel was killed (SIGKILL); the machine may have run out of memory."
    if exit_status is not None and exit_status < 0:
        return f"The kernel crashed ({signal.Signals(-exit_status).name})."
    return "The kernel died" + (f" with exit status {exit_status}." if exit_status else ".")


def _one_line(message: str) -> str:
    text = " ".join(message.split())
    return text if len(text) <= _MESSAGE_LENGTH else text[: _MESSAGE_LENGTH - 1] + "…"
