"""Telling people apart without keeping who they are: addresses become keyed digests."""

import hashlib
import os
import secrets
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from analysis import paths
from analysis.errors import DataError
from analysis.locked_folder import locked_folder

_BLOCK = 64  # of SHA-256, in bytes
_KEY = 32
_WORK = ".work-"


def customer_key() -> bytes:
    """Return the secret key of this installation, made once in `data/private/customer_key`.

    Raises:
        DataError: The file does not hold a key.
    """
    file = key_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_key(file)
    with os.fdopen(handle, "w", encoding="ascii") as content:
        key = secrets.token_bytes(_KEY)
        content.write(f"{key.hex()}\n")
    return key


def _read_key(file: Path) -> bytes:
    key = b""
    with suppress(ValueError):  # no digits, or no text at all
        key = bytes.fromhex(file.read_text(encoding="ascii").strip())
    if len(key) != _KEY:
        raise DataError(f"{file} holds no key of {_KEY} bytes: restore it.")
    return key


def key_file() -> Path:
    """Return where the key lies. Whoever loses it cannot match later imports with former ones."""
    return paths.data_folder() / "private" / "customer_key"


def private_work() -> AbstractContextManager[Path]:
    """Give a folder for copies of what names people, gone after the block.

    What a process left there that was killed goes with the next one.
    """
    return locked_folder(key_file().parent, prefix=_WORK)


def pads(key: bytes) -> dict[str, bytes]:
    """Return the two paddings of HMAC-SHA256, which the engine needs to compute it by itself."""
    padded = key.ljust(_BLOCK, b"\0")
    return {
        "inner_pad": bytes(byte ^ 0x36 for byte in padded),
        "outer_pad": bytes(byte ^ 0x5C for byte in padded),
    }


def key_sign(key: bytes) -> str:
    """Return eight digits by which two keys can be told apart, and nothing else."""
    return hashlib.sha256(b"sign of the key" + key).hexdigest()[:8]
