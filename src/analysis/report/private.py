"""A private folder for the sockets of a kernel, swept by later runs where its own was killed."""

import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

from analysis import locked_folder

# Not as older versions named theirs: they know another lock, and would sweep these.
_PREFIX = "crm-sockets-"


def private_folder() -> AbstractContextManager[Path]:
    """Give a folder that only this user may enter, gone after the block."""
    return locked_folder.locked_folder(Path(tempfile.gettempdir()), prefix=_PREFIX)


def sweep() -> None:
    """Remove the folders of dead processes of this user."""
    locked_folder.sweep(Path(tempfile.gettempdir()), prefix=_PREFIX)
