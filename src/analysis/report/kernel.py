"""A notebook's kernel under watch: papermill runs the cells, the watch sees each one's fate.

A saved notebook cannot tell how a run ended: cells cut off by a dead kernel or a time limit read as
completed. So the watch notes what the kernel itself replied to each cell, and it alone may end a
kernel before its time, with the reason kept.
"""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop
from nbformat import NotebookNode

from analysis.report.forks import ForkServer, environment
from analysis.report.outcome import Outcome
from analysis.report.private import private_folder
from analysis.report.provisioner import ForkedProvisioner

# Longest path of a socket file that Linux and macOS both take, less the kernel's own ending.
_SOCKET_PATH_LIMIT = 90
_OUTPUT_TIMEOUT_S = 60
_END_WAIT_S = 60


def _import_papermill() -> ModuleType:
    """Import papermill without pyarrow, which it loads to read HDFS and which costs 0.2 seconds."""
    absent = {"pyarrow"} - sys.modules.keys()
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        import papermill.engines
    finally:
        for name in absent:
            del sys.modules[name]
    return papermill


papermill = _import_papermill()


class Reply(NamedTuple):
    """What the kernel answered to a cell.

    Attributes:
        seconds: From asking to answer.
        error: Name of the exception, or empty.
        text: Its text.
        leaves: Whether the cell asked the kernel to go, by `exit()` or `sys.exit()`.
    """

    seconds: float
    error: str = ""
    text: str = ""
    leaves: bool = False


class LeftEarlyError(Exception):
    """Say that a cell asked the kernel to go; what would run after it may or may not be run."""


class Watch:
    """Follow one run from outside its thread, and end it with a reason.

    Attributes:
        replies: Cell index to what the kernel answered.
        running: Index of the cell that was being run last, or None before the first.
        stopped: Why the run was ended from outside, or None.
        notebook: The notebook as it is being run, or None before it started.
        exit_status: Of the kernel's process, negative for a signal, or None where it never ran.
    """

    def __init__(
        self,
        *,
        cell_timeout: float,
        on_cell: Callable[[int], None],
        forks: ForkServer | None = None,
        imports: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.replies: dict[int, Reply] = {}
        self.running: int | None = None
        self.stopped: tuple[Outcome, str] | None = None
        self.notebook: NotebookNode | None = None
        self.exit_status: int | None = None
        self._cell_timeout = cell_timeout
        self._on_cell = on_cell
        self._forks = forks
        self._imports = imports
        self._env = env or {}
        self._cell_started = 0.0
        self._cell_timer: threading.Timer | None = None
        self._manager: AsyncKernelManager | None = None
        self._last_process: Any = None
        self._lock = threading.Lock()

    def stop(self, outcome: Outcome, message: str) -> None:
        """End the kernel at once; the first reason given stays."""
        with self._lock:
            self.stopped = self.stopped or (outcome, message)
        self.kill()

    def kill(self) -> None:
        """Kill the kernel and the processes it started, if they run."""
        process = self._process()
        if process is not None and process.poll() is None:
            _kill_group(process.pid)

    def _process(self) -> Any:
        provisioner = self._manager.provisioner if self._manager else None
        self._last_process = (provisioner and provisioner.process) or self._last_process
        return self._last_process

    def run(self, nb_man: Any, kernel_name: str, *, cwd: Path) -> None:
        """Run the cells of papermill's notebook in a fresh kernel that starts in `cwd`."""
        self.notebook = nb_man.nb
        with private_folder() as private, _own_event_loop():
            self._manager = _kernel_manager(kernel_name, private, self._forks, self._imports)
            client = papermill.engines.PapermillNotebookClient(
                nb_man,
                km=self._manager,
                kernel_name=kernel_name,
                log=papermill.engines.logger,
                iopub_timeout=_OUTPUT_TIMEOUT_S,
                shell_timeout_interval=1,
                force_raise_errors=True,
                on_notebook_start=self._kernel_ready,
                on_cell_execute=self._cell_begins,
                on_cell_executed=self._cell_answered,
            )
            with (private / "kernel.log").open("wb") as log:
                try:
                    client.execute(
                        cleanup_kc=True,
                        cwd=str(cwd),
                        env={**environment(), **self._env},
                        stdout=log,
                        stderr=log,
                    )
                finally:
                    self._cancel_timer()
                    self._finish()

    def _kernel_ready(self, **_: Any) -> None:
        self._process()
        if self.stopped:
            self.kill()

    def _finish(self) -> None:
        process = self._process()
        if process is not None:
            # Also what cells started and left behind: it would outlive the report.
            _kill_group(process.pid)
            with suppress(subprocess.TimeoutExpired):
                self.exit_status = process.wait(timeout=_END_WAIT_S)

    def _cell_begins(self, *, cell_index: int, **_: Any) -> None:
        self.running = cell_index
        self._cell_started = time.monotonic()
        self._on_cell(cell_index)
        if self._cell_timeout:
            reason = f"A cell took longer than the {self._cell_timeout:g} s allowed."
            self._cell_timer = threading.Timer(
                self._cell_timeout, self.stop, (Outcome.timeout, reason)
            )
            self._cell_timer.daemon = True
            self._cell_timer.start()

    def _cell_answered(self, *, cell_index: int, execute_reply: dict[str, Any], **_: Any) -> None:
        self._cancel_timer()
        content = execute_reply["content"]
        failed = content["status"] != "ok"
        error = content.get("ename", content["status"]) if failed else ""
        asks = [each.get("source") for each in content.get("payload", [])]
        self.replies[cell_index] = Reply(
            seconds=round(time.monotonic() - self._cell_started, 3),
            error=error,
            text=content.get("evalue", ""),
            leaves=error == "SystemExit" or "ask_exit" in asks,
        )
        if "ask_exit" in asks:
            raise LeftEarlyError

    def _cancel_timer(self) -> None:
        if self._cell_timer:
            self._cell_timer.cancel()


class WatchedEngine(papermill.engines.Engine):
    """papermill's engine, with the kernel in the hands of a watch."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, watch: Watch, kernel_cwd: Path, **_: Any
    ) -> None:
        """Run the cells; the base class prepares the notebook and sums it up."""
        watch.run(nb_man, kernel_name, cwd=kernel_cwd)


papermill.engines.papermill_engines.register("watched", WatchedEngine)


def _kernel_manager(
    kernel_name: str, private: Path, forks: ForkServer | None, imports: Sequence[str]
) -> AsyncKernelManager:
    file = private / "kernel.json"
    # Sockets in a private folder: no ports to race for, and no other user can connect. Searching
    # no folder for kernels leaves ipykernel's own, whose Python is the one that runs this.
    transport = "ipc" if len(str(file)) < _SOCKET_PATH_LIMIT else "tcp"
    manager = AsyncKernelManager(
        kernel_name=kernel_name,
        transport=transport,
        connection_file=str(file),
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
    )
    if forks is not None:
        manager.provisioner = ForkedProvisioner(
            kernel_id=manager.kernel_id, kernel_spec=manager.kernel_spec, parent=manager
        )
        manager.provisioner.forks, manager.provisioner.imports = forks, imports
    return manager


def _kill_group(process_id: int) -> None:
    # A kernel leads a session of its own, so its group holds only what it started.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process_id, signal.SIGKILL)


@contextmanager
def _own_event_loop() -> Iterator[None]:
    """Give this thread the event loop that the kernel client uses, and leave nothing pending."""
    loop = ensure_event_loop()
    try:
        yield
    finally:
        pending = asyncio.all_tasks(loop)
        for task in pending:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        asyncio.set_event_loop(None)
