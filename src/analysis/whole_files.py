"""Files that appear whole or not at all."""

import os
import secrets
from pathlib import Path


def settle(path: Path) -> None:
    """Wait until a file, or the names in a folder, would survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(file: Path, content: str | bytes, *, is_private: bool = False) -> None:
    """Write a file beside its place and move it there in one step.

    Readers see the old file or the new one, never half of one. A process that is killed before the
    move leaves `.STEM-DIGITS.SUFFIX`.

    Args:
        file: Its place; folders that it needs are made.
        content: Texts become UTF-8.
        is_private: Whether nobody but its owner may read it, whatever the umask says of others.
    """
    data = content.encode() if isinstance(content, str) else content
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if is_private else 0o777)
    draft = file.with_name(f".{file.stem}-{secrets.token_hex(8)}{file.suffix}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if is_private else 0o666)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
