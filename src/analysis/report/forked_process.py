"""A kernel that another process forked and looks after, handled like one of ours.

Its end is told by that process. Where this one is stopped and tells nothing, Linux is asked.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

MESSAGE_BYTES = 4096
# How long a server may do nothing at all while it is waited for.
PATIENCE_S = 10.0
_LOST = -signal.SIGKILL


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
                    message = self._answers.recv(MESSAGE_BYTES)
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
        if time.monotonic() - self._seen_ended > PATIENCE_S:
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


def _state(pid: int) -> list[str]:
    """Return what Linux tells of a process from its state on, nothing of one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _end_of(pid: int) -> int | None:
    """Return how a process ended that nobody has asked yet, or None while it runs."""
    state = _state(pid)
    if not state:
        return _LOST
    return os.waitstatus_to_exitcode(int(state[-1])) if state[0] in "ZX" else None


def worked(pid: int) -> list[str]:
    """Return a process's ticks of work, in its own code and in the system's."""
    return _state(pid)[11:13]
