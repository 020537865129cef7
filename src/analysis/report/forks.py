"""Kernels forked from one process that has imported the modules already, where that is safe.

Starting Python and importing what a report needs takes longer than most reports. A server process
does it once; each report still gets a process of its own, which shares nothing that it changes.
Where there is no such server, or it is lost or refuses, a kernel is started the usual way. This
module imports little, so that the server is at work before its owner has imported the rest.
"""

import ast
import contextlib
import json
import logging
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from analysis.errors import ParameterError
from analysis.notebooks import read_cells
from analysis.report import forked_process
from analysis.report.forked_process import MESSAGE_BYTES, ForkedProcess, worked
from analysis.syntax import parse

Kernels = Literal["forked", "plain"]
KERNELS: tuple[Kernels, ...] = ("forked", "plain")

logger = logging.getLogger(__name__)

_LOOK_S = 0.5


def kernels_wanted() -> Kernels:
    """Return what the environment variable `CRM_KERNELS` says, `forked` where it says nothing.

    Raises:
        ParameterError: It says something else.
    """
    said = os.environ.get("CRM_KERNELS") or "forked"
    for kind in KERNELS:
        if said == kind:
            return kind
    raise ParameterError(f"CRM_KERNELS == {said!r}, must be {' or '.join(KERNELS)}.")


class ForkError(Exception):
    """Say why no kernel was forked."""


class ForkServer:
    """The server process, from its start to its end, asked by any thread."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket) -> None:
        self.process = process
        self._control = control
        self._control.settimeout(forked_process.PATIENCE_S)
        self._lock = threading.Lock()
        self._told = False
        self._asked = False

    def prepare(self, imports: Iterable[str]) -> None:
        """Let the server import modules now, of which it is soon to fork a kernel."""
        request = json.dumps({"imports": list(imports)}).encode()
        # If it is lost, whoever asks for a kernel is told.
        with self._lock, contextlib.suppress(OSError):
            self._control.send(request)

    def fork(
        self,
        arguments: Sequence[str],
        *,
        imports: Sequence[str],
        cwd: str,
        env: dict[str, str],
        log: int,
    ) -> ForkedProcess:
        """Return a new kernel.

        Args:
            arguments: What a kernel of its own would be started with, `-f FILE` among them.
            imports: Modules that it is to have in memory.
            cwd: The folder that it starts in.
            env: All of its environment.
            log: Where its own output goes.

        Raises:
            ForkError: The server is lost, does nothing at all, or refuses.
        """
        asked = {"imports": list(imports), "arguments": list(arguments), "cwd": cwd, "env": env}
        request = json.dumps(asked).encode()
        self._asked = True
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs, self._lock:
                socket.send_fds(self._control, [request], [theirs.fileno(), log])
            message = self._answer(ours)
        except TimeoutError:
            ours.close()
            raise ForkError("the process to fork from does not answer") from None
        except OSError as error:
            ours.close()
            raise ForkError(f"the process to fork from is lost ({error})") from error
        answer = json.loads(message) if message else {}
        if "pid" not in answer:
            ours.close()
            raise ForkError(answer.get("refused", "the process to fork from is lost"))
        return ForkedProcess(answer["pid"], ours)

    def _answer(self, ours: socket.socket) -> bytes:
        """Return the answer, however long the server imports before, if only it does anything.

        Raises:
            TimeoutError: It does nothing at all.
        """
        ours.settimeout(_LOOK_S)
        done, since = worked(self.process.pid), time.monotonic()
        while True:
            try:
                return ours.recv(MESSAGE_BYTES)
            except TimeoutError:
                before, done = done, worked(self.process.pid)
                if done != before:
                    since = time.monotonic()
                elif time.monotonic() - since > forked_process.PATIENCE_S:
                    raise

    def tell_once(self, reason: ForkError) -> None:
        """Log why kernels are started the usual way from here on, in one line."""
        with self._lock:
            told, self._told = self._told, True
        if not told:
            logger.warning("Kernels are started one by one: %s.", reason)

    def close(self) -> None:
        """End the server, even one that still imports, and whatever kernels it still has."""
        self._control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            # Nobody waits for imports that nobody asked a kernel of.
            self.process.wait(timeout=1 if self._asked else 0)
        self.process.kill()
        self.process.wait()


def environment() -> dict[str, str]:
    """Return the environment that kernels run in."""
    # Reports run side by side: one thread each, or their kernels fight for the same cores.
    return {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **os.environ}


@contextmanager
def fork_server(kernels: Kernels) -> Iterator[ForkServer | None]:
    """Start a server that imports what every kernel needs, for as long as the block takes.

    Args:
        kernels: `plain` for none: then, and where none can be started, the block gets None.
    """
    if kernels == "plain" or sys.platform != "linux":
        yield None
        return
    try:
        server = _start()
    except OSError as error:
        logger.warning("Kernels are started one by one: %s.", error.strerror)
        yield None
        return
    try:
        yield server
    finally:
        server.close()


def _start() -> ForkServer:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "analysis.report.fork_server", f"{theirs.fileno()}"]
    with theirs:
        process = subprocess.Popen(  # noqa: S603
            command,
            pass_fds=[theirs.fileno()],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    return ForkServer(process, ours)


def modules_of(notebook: Path) -> list[str]:
    """Return the modules of this package that a notebook imports, none where it cannot be read."""
    try:
        return modules(read_cells(notebook))
    except (OSError, ValueError, KeyError, TypeError):
        return []


def modules(cells: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the modules of this package that the code of cells imports, sorted."""
    found: set[str] = set()
    for cell in cells:
        if cell["cell_type"] == "code":
            found |= _imports("".join(cell["source"]))
    return sorted(name for name in found if re.match(r"analysis(\.|$)", name))


def _imports(source: str) -> set[str]:
    try:
        nodes = list(ast.walk(parse(source)))
    except SyntaxError:  # a magic, or a mistake that the run will tell
        return set()
    plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    parts = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return plain | {f"{node.module}.{name.name}" for node in parts for name in node.names}
