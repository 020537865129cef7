"""A process that has imported what reports need, and becomes a kernel for each as often as asked.

It is started by `analysis.report.forks`, which holds the other end of its socket. A forked kernel
starts with the modules in memory; all else it makes itself, as a kernel of its own would: sockets,
threads, connections to engines and random numbers. Forking is refused once there is a second
thread, because a thread does not come along, and what it held stays held for ever.
"""

import contextlib
import ctypes
import gc
import json
import os
import random
import selectors
import signal
import socket
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_MESSAGE_BYTES = 1 << 20
_PR_SET_PDEATHSIG = 1
_INLINE = "module://matplotlib_inline.backend_inline"
_ALWAYS = ("ipykernel.kernelapp", "ipykernel.ipkernel", "pandas", "matplotlib.pyplot", "duckdb")
_SERVER_ONLY = {
    # What ipykernel tells matplotlib before the first cell.
    "MPLBACKEND": _INLINE,
    # pyarrow would start a thread as soon as it is imported.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
# What is slow to import, and imported by a function of these packages only once it is called. All
# of it imports polars where that is installed, which starts threads as soon as it is imported.
LATER = {
    "analysis.experiments": ("scipy.stats", "statsmodels.stats.proportion", "tea_tasting"),
    "analysis.ltv": ("seaborn",),
}


def main(arguments: Sequence[str]) -> None:
    """Import what every kernel needs, then answer requests on the socket of this number."""
    control = socket.socket(fileno=int(arguments[0]))
    for name, value in _SERVER_ONLY.items():
        os.environ.setdefault(name, value)
    gc.disable()  # of what is imported, a collection frees nothing; a kernel collects again
    preload(_ALWAYS)
    request = _Server(control).serve()
    if request is None:
        os._exit(0)  # all that it has imported need not be taken down piece by piece
    gc.enable()
    become_kernel(request)


def preload(names: Sequence[str]) -> None:
    """Import modules with what their functions import later; one that cannot be is left to cells.

    Here this is quick for a module that was imported before.
    """
    for name in (*names, *_later(names)):
        # Whatever is wrong with it, the cell that imports it will say so on the page.
        with contextlib.suppress(Exception):
            import_module(name)


def _later(names: Sequence[str]) -> list[str]:
    packages = {".".join(name.split(".")[:2]) for name in names}
    return [] if find_spec("polars") else [m for p in sorted(packages) for m in LATER.get(p, ())]


def threads() -> int:
    """Return how many threads this process has, those that Python knows nothing of included."""
    return len(os.listdir("/proc/self/task"))  # noqa: PTH208


class _Server:
    """Fork kernels when asked, and tell how each ended, until the asking process is gone."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._kernels: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)
        self._wake, wakes = socket.socketpair()
        self._wakes = wakes
        self._wake.setblocking(False)
        wakes.setblocking(False)
        self._selector.register(self._wake, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)

    def serve(self) -> dict[str, Any] | None:
        """Return None in the server at its end, and in each forked process what it shall be."""
        while True:
            ready = {key.fileobj for key, _events in self._selector.select()}
            if self._wake in ready:
                with contextlib.suppress(BlockingIOError):
                    self._wake.recv(4096)
            self._reap()
            if self._control in ready:
                message, handles, _flags, _address = socket.recv_fds(
                    self._control, _MESSAGE_BYTES, 2
                )
                if not message:
                    self._end()
                    return None
                request = json.loads(message)
                preload(request["imports"])
                if handles and self._fork(request, handles):
                    return request

    def _fork(self, request: dict[str, Any], handles: list[int]) -> bool:
        """Fork, and tell whether this is the forked process."""
        answers, log = socket.socket(fileno=handles[0]), handles[1]
        found = threads()
        if found > 1:
            _tell(answers, {"refused": f"{found} threads are running"})
            answers.close()
            os.close(log)
            return False
        gc.freeze()  # else every collection in a kernel would copy the memory that all share
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:  # of this kernel; the others go on
            _tell(answers, {"refused": f"{error.strerror}"})
            answers.close()
            os.close(log)
            return False
        if pid:
            os.close(log)
            self._kernels[pid] = answers
            return False
        self._let_go()
        _start_over(parent, log)
        # Only now does it lead a group, by which it can be killed with all that it starts.
        if not _tell(answers, {"pid": os.getpid()}):
            os._exit(1)
        answers.close()
        request["parent"] = parent
        return True

    def _let_go(self) -> None:
        """Close, in the forked process, what belongs to the server."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for own in (self._control, self._wake, self._wakes, *self._kernels.values()):
            own.close()

    def _reap(self) -> None:
        for pid in list(self._kernels):
            # Left in place until its group is gone: no other process can get its number.
            ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                continue
            _kill_group(pid)
            _pid, status = os.waitpid(pid, 0)
            with self._kernels.pop(pid) as answers:
                _tell(answers, {"exit": os.waitstatus_to_exitcode(status)})

    def _end(self) -> None:
        for pid in self._kernels:
            _kill_group(pid)


def _start_over(parent: int, log: int) -> None:
    """Make the forked process one of its own: session, streams, and an end with its parent's."""
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(log)
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def become_kernel(request: dict[str, Any]) -> None:
    """Run a kernel in this process, as `python -m ipykernel_launcher ARGUMENTS` would."""
    arguments, parent = request["arguments"], request["parent"]
    os.environ.clear()
    os.environ.update({**request["env"], "JPY_PARENT_PID": f"{parent}"})
    os.chdir(request["cwd"])
    spec = find_spec("ipykernel_launcher")
    sys.argv = [str(spec.origin) if spec else "", *arguments]
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance(argv=[*arguments, f"--IPKernelApp.parent_handle={parent}"])


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _tell(answers: socket.socket, message: dict[str, Any]) -> bool:
    try:
        answers.send(json.dumps(message).encode())
    except OSError:  # who asked is gone, or has lost patience
        return False
    return True


if __name__ == "__main__":
    # Nothing of the folder that the command was given in; ipykernel adds its own.
    if Path(sys.path[0]) == Path.cwd():
        del sys.path[0]
    main(sys.argv[1:])
