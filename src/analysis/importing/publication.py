"""Publishing imported tables: written whole into a folder, made current by one rename."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analysis.engine import Workbench
from analysis.importing.derived import derive_tables
from analysis.schema import TABLES

_KEPT_VERSIONS = 2


def publish(
    connection: Workbench,
    balances: Sequence[Mapping[str, Any]],
    folder: Path,
    *,
    beside: Mapping[str, str] | None = None,
    facts: Mapping[str, Any] | None = None,
    also: Callable[[Workbench, Path], None] | None = None,
) -> None:
    """Write a connection's canonical tables as a new version and make it the current one.

    The derived tables are added here. One rename makes the version current, so a reader sees either
    the former tables or the new ones, and an interrupted import changes nothing.

    Args:
        connection: Holds the tables or views, named as in the contract, and maybe `set_aside`.
        balances: Where the rows of the sources went, for the record.
        folder: The shop's folder under `data/`.
        beside: File name to text of what else belongs to this version.
        facts: More for the record.
        also: Writes more files into the version before it becomes the current one.
    """
    derive_tables(connection)
    now = datetime.now(UTC)
    version = folder / f"{now:%Y%m%dT%H%M%S%f}-{os.getpid()}"
    version.mkdir(parents=True)
    try:
        present = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
        for table in (*TABLES, "set_aside"):
            if table in present:
                connection.table(table).write_parquet(str(version / f"{table}.parquet"))
        if also:
            also(connection, version)
        record = {
            "imported_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "fingerprint": fingerprint(version),
            "balance": [dict(balance) for balance in balances],
            **(facts or {}),
        }
        (version / "import.json").write_text(json.dumps(record, indent=2), encoding="utf-8")
        for name, text in (beside or {}).items():
            (version / name).write_text(text, encoding="utf-8")
        link = folder / f".current-{os.getpid()}"
        link.symlink_to(version.name)
        link.replace(folder / "current")
    except BaseException:
        shutil.rmtree(version, ignore_errors=True)
        raise
    versions = sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
    for old in versions[:-_KEPT_VERSIONS]:
        shutil.rmtree(old, ignore_errors=True)


def fingerprint(folder: Path) -> str:
    """Return the SHA-256 of the canonical tables in a folder, names included.

    The same rows give the same digits, whenever they were imported.
    """
    digest = hashlib.sha256()
    for table in TABLES:
        file = folder / f"{table}.parquet"
        if file.exists():
            digest.update(table.encode())
            with file.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()
