"""A folder for work in progress, swept by whoever comes later where its process was killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LOCK = ".lock"


@contextmanager
def locked_folder(parent: Path, *, prefix: str) -> Iterator[Path]:
    """Give a folder that only this user may enter, gone after the block.

    Folders that dead processes left under the same prefix go first. Its name can be swept from the
    moment that it has it: the lock, which ends with the process however that ends, is taken before.
    Process numbers would not do: another container on the same volume counts its own.

    Args:
        parent: Where it is made.
        prefix: What its name begins with, for nothing else in that place.
    """
    sweep(parent, prefix=prefix)
    fresh = Path(tempfile.mkdtemp(prefix=f".fresh-{prefix}", dir=parent))
    with (fresh / _LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = fresh.rename(parent / fresh.name.removeprefix(".fresh-"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep(parent: Path, *, prefix: str) -> None:
    """Remove the folders of dead processes of this user."""
    for folder in parent.glob(f"{prefix}*/"):
        with suppress(OSError):  # another process swept it, or it is not ours, or in use
            if not folder.is_symlink() and folder.stat().st_uid == os.getuid():
                _sweep(folder)


def _sweep(folder: Path) -> None:
    file = folder / _LOCK
    if not file.exists():  # one that was killed while it swept this
        shutil.rmtree(folder, ignore_errors=True)
        return
    # To be written: some network file systems lock nothing else for one alone.
    with file.open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
