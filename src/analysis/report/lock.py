"""One run of a report at a time, over all processes of the machine."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_ANSWER_WAIT_S = 0.5


class BusyError(Exception):
    """Say who runs the same report already."""


@contextmanager
def hold(path: Path, *, run_id: str, since: str) -> Iterator[None]:
    """Hold the lock file `path` while the block runs, with a note of who holds it.

    The kernel of the machine drops the lock when the holder ends, however it ends, so a file left
    behind is no obstacle. The file itself stays: removing it would let two runs hold two files.

    Raises:
        BusyError: Another run holds it; the message says since when and as which process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(_holder(file)) from None
        _write(file, json.dumps({"pid": os.getpid(), "since": since, "run_id": run_id}))
        try:
            yield
        finally:
            _write(file, "")


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()


def _holder(file: IO[str]) -> str:
    """Return a sentence on the holder, who may need a moment to write who it is."""
    deadline = time.monotonic() + _ANSWER_WAIT_S
    while time.monotonic() < deadline:
        file.seek(0)
        try:
            note = json.loads(file.read())
            return (
                f"Already running since {note['since']} (process {note['pid']}, "
                f"run {note['run_id']})."
            )
        except (ValueError, KeyError, TypeError):
            time.sleep(0.02)
    return "Already running in another process."
