"""Kernels forked from one process that has imported the modules already, where that is safe.

Starting Python and importing what a report needs takes longer than most reports. A server process
does it once; each report still gets a process of its own, which shares nothing that it changes.
Where there is no such server, or it is lost or refuses, a kernel is started the usual way.
"""

import ast
import contextlib
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import nbformat
from jupyter_client.provisioning import LocalProvisioner

from analysis.errors import ParameterError

Kernels = Literal["forked", "plain"]
KERNELS: tuple[Kernels, ...] = ("forked", "plain")

logger = logging.getLogger(__name__)

# How long the server may do nothing at all while it is waited for.
_PATIENCE_S = 10.0
_LOOK_S = 0.5
_MESSAGE_BYTES = 4096
_LOST = -signal.SIGKILL


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


class ForkedProcess:
    """A forked kernel, with as much of `subprocess.Popen` as kernels are handled by.

    Attributes:
        pid: The process, which leads a session of its own.
        returncode: Exit status, negative for a signal, or None while it runs.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, answers: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._answers = answers
        self._lock = threading.Lock()
        self._seen_ended = 0.0

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status once it has ended."""
        status = self._look(timeout)
        if status is None:
            raise subprocess.TimeoutExpired("kernel", timeout or 0)
        return status

    def _look(self, timeout: float | None) -> int | None:
        with self._lock:
            if self.returncode is None:
                self._answers.settimeout(timeout)
                try:
                    message = self._answers.recv(_MESSAGE_BYTES)
                except (BlockingIOError, TimeoutError):
                    return self._untold()
                except OSError:
                    message = b""
                # A kernel ends with the server that forked it, killed by the system.
                self.returncode = json.loads(message)["exit"] if message else _LOST
                self._answers.close()
            return self.returncode

    def _untold(self) -> int | None:
        """Return how it ended where the server, which is stopped perhaps, does not say so."""
        status = _end_of(self.pid)
        if status is None:
            return None
        self._seen_ended = self._seen_ended or time.monotonic()
        if time.monotonic() - self._seen_ended > _PATIENCE_S:
            self.returncode = status
            self._answers.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, if it runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it, if it runs."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Tell it to end, if it runs."""
        self.send_signal(signal.SIGTERM)


class ForkServer:
    """The server process, from its start to its end, asked by any thread."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket) -> None:
        self.process = process
        self._control = control
        self._control.settimeout(_PATIENCE_S)
        self._lock = threading.Lock()
        self._told = False

    def fork(
        self, arguments: Sequence[str], *, cwd: str, env: dict[str, str], log: int
    ) -> ForkedProcess:
        """Return a new kernel.

        Args:
            arguments: What a kernel of its own would be started with, `-f FILE` among them.
            cwd: The folder that it starts in.
            env: All of its environment.
            log: Where its own output goes.

        Raises:
            ForkError: The server is lost, does nothing at all, or refuses.
        """
        request = json.dumps({"arguments": list(arguments), "cwd": cwd, "env": env})
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs, self._lock:
                socket.send_fds(self._control, [request.encode()], [theirs.fileno(), log])
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
        """Return the answer, however long the server imports before, as long as it does anything.

        Raises:
            TimeoutError: It does nothing at all.
        """
        ours.settimeout(_LOOK_S)
        worked, since = _worked(self.process.pid), time.monotonic()
        while True:
            try:
                return ours.recv(_MESSAGE_BYTES)
            except TimeoutError:
                before, worked = worked, _worked(self.process.pid)
                if worked != before:
                    since = time.monotonic()
                elif time.monotonic() - since > _PATIENCE_S:
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
        try:
            self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _state(pid: int) -> list[str]:
    """Return what Linux tells of a process from its state on, nothing of one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _worked(pid: int) -> list[str]:
    """Return a process's ticks of work, in its own code and in the system's."""
    return _state(pid)[11:13]


def _end_of(pid: int) -> int | None:
    """Return how a process ended that nobody has asked yet, or None while it runs."""
    state = _state(pid)
    if not state:
        return _LOST
    return os.waitstatus_to_exitcode(int(state[-1])) if state[0] in "ZX" else None


class ForkedProvisioner(LocalProvisioner):
    """Ask a server for a kernel; start one the usual way where it has none to give."""

    forks: ForkServer

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Let a kernel start and return how to connect to it."""
        try:
            if cmd[1:3] != ["-m", "ipykernel_launcher"]:
                raise ForkError(f"{' '.join(cmd[:3])} is no kernel of this Python")
            self.process = self.forks.fork(
                cmd[3:],
                cwd=str(kwargs["cwd"]),
                env=dict(kwargs["env"]),
                log=kwargs["stdout"].fileno(),
            )
        except ForkError as error:
            self.forks.tell_once(error)
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs["cwd"]
        return self.connection_info


@contextmanager
def fork_server(
    kernels: Kernels, *, notebooks: Iterable[Path], env: dict[str, str]
) -> Iterator[ForkServer | None]:
    """Run a server that has imported what notebooks import of this package, or give None.

    Args:
        kernels: `plain` for none.
        notebooks: What is to be run.
        env: Environment of the kernels, which decides how many threads numpy may start.
    """
    if kernels == "plain" or sys.platform != "linux":
        yield None
        return
    try:
        server = _start(modules(notebooks), env)
    except OSError as error:
        logger.warning("Kernels are started one by one: %s.", error.strerror)
        yield None
        return
    try:
        yield server
    finally:
        server.close()


def _start(names: Sequence[str], env: dict[str, str]) -> ForkServer:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "analysis.report.fork_server", f"{theirs.fileno()}", *names]
    with theirs:
        process = subprocess.Popen(  # noqa: S603
            command,
            pass_fds=[theirs.fileno()],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    return ForkServer(process, ours)


def modules(notebooks: Iterable[Path]) -> list[str]:
    """Return the modules of this package that the cells of notebooks import, sorted."""
    found: set[str] = set()
    for notebook in notebooks:
        with contextlib.suppress(OSError, ValueError):
            for cell in nbformat.read(notebook, as_version=4).cells:
                if cell.cell_type == "code":
                    found |= _imports(cell.source)
    return sorted(name for name in found if re.match(r"analysis(\.|$)", name))


def _imports(source: str) -> set[str]:
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:  # a magic, or a mistake that the run will tell
        return set()
    plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    parts = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return plain | {f"{node.module}.{name.name}" for node in parts for name in node.names}
