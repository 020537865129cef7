"""One run of a report at a time, over all processes of the machine."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

# A holder may need a moment to write who it is; one that is brief is worth waiting for.
_ANSWER_WAIT_S = 0.5
_BRIEF_WAIT_S = 20
_STEP_S = 0.02


class BusyError(Exception):
    """Say who runs the same report already."""


@contextmanager
def hold(path: Path, *, run_id: str, since: str, is_brief: bool = False) -> Iterator[None]:
    """Hold the lock file `path` while the block runs, with a note of who holds it.

    The kernel of the machine drops the lock when the holder ends, however it ends, so a file left
    behind is no obstacle. The file itself stays: removing it would let two runs hold two files.

    Args:
        path: The lock file.
        run_id: Who holds it.
        since: When that began.
        is_brief: Whether the block takes seconds at most, so that others wait for its end.

    Raises:
        BusyError: Another run holds it; the message says since when and as which process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        _take(file)
        note = {"pid": os.getpid(), "since": since, "run_id": run_id, "is_brief": is_brief}
        _write(file, json.dumps(note))
        try:
            yield
        finally:
            _write(file, "")


def _take(file: IO[str]) -> None:
    began, patience = time.monotonic(), _ANSWER_WAIT_S
    while True:
        with suppress(BlockingIOError):
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        note = _note(file)
        if note.get("is_brief"):
            patience = _BRIEF_WAIT_S
        if (note and not note.get("is_brief")) or time.monotonic() - began > patience:
            raise BusyError(_told(note))
        time.sleep(_STEP_S)


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()


def _note(file: IO[str]) -> dict[str, Any]:
    """Return what the holder says of itself, empty as long as it says nothing."""
    file.seek(0)
    with suppress(ValueError):
        note = json.loads(file.read())
        if isinstance(note, dict) and {"since", "pid", "run_id"} <= note.keys():
            return note
    return {}


def _told(note: dict[str, Any]) -> str:
    if not note:
        return "Already running in another process."
    since, process, run = note["since"], note["pid"], note["run_id"]
    return f"Already running since {since} (process {process}, run {run})."
