"""Versions of a shop's tables: what they are called, which go, and who still reads them.

A version is a folder `data/SHOP/STAMP-PROCESS` that is never changed; the link `current` leads to
one of them. Whoever reads one holds a lease on it, which ends with the process at the latest.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

RECORD = "import.json"
WORK = ".import-"
_STAMP = "%Y%m%dT%H%M%S%f"
_NAME = re.compile(r"(\d{8}T\d{12})-\d+")
_STEP = timedelta(microseconds=1)


def versions(folder: Path) -> list[Path]:
    """Return the versions in a shop's folder, oldest first; whatever else lies there is none."""
    return sorted(
        path
        for path in folder.iterdir()
        if _NAME.fullmatch(path.name) and not path.is_symlink() and (path / RECORD).is_file()
    )


def new_name(folder: Path, now: datetime, process_id: int) -> str:
    """Return the name of a version that is newer than all that are there.

    Where the clock was put back since the last one, the name goes on from there.
    """
    last = max((path.name.split("-")[0] for path in versions(folder)), default="")
    stamp = f"{now:{_STAMP}}"
    if stamp <= last:
        stamp = f"{datetime.strptime(last, _STAMP) + _STEP:{_STAMP}}"
    return f"{stamp}-{process_id}"


def remove_old(folder: Path, *, replaced: Path) -> None:
    """Remove the versions that nobody reads, but for the current one and the one it replaced."""
    stay = {(folder / "current").resolve(), replaced.resolve()}
    for version in versions(folder):
        if version.resolve() in stay:
            continue
        with suppress(OSError), (version / RECORD).open("r+b") as record:
            fcntl.flock(record, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Killed on the way, it leaves what the next import sweeps, and no half of a version.
            shutil.rmtree(version.rename(folder / f"{WORK}{version.name}"), ignore_errors=True)


class Lease:
    """Keeps imports from removing a version, until it is closed or nobody refers to it."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def close(self) -> None:
        """Let the version go."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    __del__ = close


def lease(version: Path) -> Lease | None:
    """Return a lease on a version.

    Returns:
        None where nothing can be held: no version, or a file system without locks.
    """
    with suppress(OSError):
        held = Lease(os.open(version / RECORD, os.O_RDONLY))
        fcntl.flock(held._handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return held
    return None


@contextmanager
def leased(version: Path) -> Iterator[None]:
    """Hold a lease on a version for the block."""
    held = lease(version)
    try:
        yield
    finally:
        if held:
            held.close()
