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
        try:
            self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


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
        nodes = list(ast.walk(parse(source)))
    except SyntaxError:  # a magic, or a mistake that the run will tell
        return set()
    plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    parts = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return plain | {f"{node.module}.{name.name}" for node in parts for name in node.names}
