"""A private folder for the sockets of a kernel, swept by later runs where its own was killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "crm-kernel-"
_UNLOCKED_PREFIX = ".crm-kernel-"


@contextmanager
def private_folder() -> Iterator[Path]:
    """Give a folder that only this user may enter, gone afterwards.

    Its name can be swept from the moment that it has it: the lock on the folder, which ends with
    the process however that ends, is taken before.
    """
    sweep()
    fresh = Path(tempfile.mkdtemp(prefix=_UNLOCKED_PREFIX))
    handle = os.open(fresh, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        folder = fresh.rename(fresh.with_name(_PREFIX + fresh.name.removeprefix(_UNLOCKED_PREFIX)))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


def sweep() -> None:
    """Remove the folders of dead processes of this user."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/"):
        with suppress(OSError):  # another run swept it, or it is not ours, or in use
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            handle = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)
