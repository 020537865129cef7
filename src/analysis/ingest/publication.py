"""Publishing imported tables: written whole into a folder, made current by one rename."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from analysis import versions
from analysis.engine import Workbench, written_by_engine
from analysis.ingest.derived import derive_tables
from analysis.ingest.parts import (
    MONTHLY_FROM_ORDERS,
    files_of,
    record_of,
    stamp,
    still_true,
    write_derived,
)
from analysis.locked_folder import locked_folder
from analysis.schema import DERIVED_TABLES, TABLES


def publish(
    connection: Workbench,
    balances: Sequence[Mapping[str, Any]],
    folder: Path,
    *,
    beside: Mapping[str, str] | None = None,
    facts: Mapping[str, Any] | None = None,
    also: Callable[[Workbench, Path], None] | None = None,
    changed_from: date | None = None,
    monthly_from_orders: int = MONTHLY_FROM_ORDERS,
) -> None:
    """Write a connection's canonical tables as a new version and make it the current one.

    The derived tables are added here: from the first changed day on if it is known, with the same
    files in the end as if all were derived. One rename makes the version current, so a reader sees
    either the former tables or the new ones, and an interrupted import changes nothing.

    Args:
        connection: Holds the tables or views, named as in the contract, and maybe `set_aside`.
        balances: Where the rows of the sources went, for the record.
        folder: The shop's folder under `data/`.
        beside: File name to text of what else belongs to this version.
        facts: More for the record.
        also: Writes more files into the version before it becomes the current one.
        changed_from: The first day whose orders differ from those of the current version, the last
            day there is if none does; None if it is not known.
        monthly_from_orders: A shop of fewer orders has one file a derived table.
    """
    current = (folder / "current").resolve()
    former_record = _record(current) if changed_from else {}
    former = still_true(connection, current, former_record, changed_from=changed_from)
    before = derive_tables(connection, former)
    now = datetime.now(UTC)
    folder.mkdir(parents=True, exist_ok=True)
    with locked_folder(folder, prefix=versions.WORK) as work, written_by_engine():
        version = work / "version"
        version.mkdir()
        present = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
        for table in (*TABLES, "set_aside"):
            if table in present and table not in DERIVED_TABLES:
                connection.table(table).write_parquet(str(version / f"{table}.parquet"))
        write_derived(connection, version, former, before, monthly_from_orders=monthly_from_orders)
        if also:
            also(connection, version)
        digests = _digests(version, known=former_record.get("derived", {}).get("files", {}))
        record = {
            "imported_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "fingerprint": fingerprint(digests),
            "balance": [dict(balance) for balance in balances],
            "derived": record_of(connection, version, digests),
            **(facts or {}),
        }
        (version / versions.RECORD).write_text(json.dumps(record, indent=2), encoding="utf-8")
        for name, text in (beside or {}).items():
            (version / name).write_text(text, encoding="utf-8")
        link = work / "current"
        link.symlink_to(versions.new_name(folder, now, os.getpid()))
        version.rename(folder / link.readlink())
        link.replace(folder / "current")
    versions.remove_old(folder, replaced=current)


def _record(version: Path) -> dict[str, Any]:
    """Return what the import of a version recorded, nothing if there is no such version."""
    file = version / versions.RECORD
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _digests(version: Path, *, known: Mapping[str, Any]) -> dict[str, str]:
    """Return the SHA-256 of each file of the canonical and derived tables, by its name.

    Args:
        version: The folder.
        known: Digests and stamps of former files; one with the same stamp is the same file.
    """
    digests = {}
    for table in TABLES:
        for file in files_of(version, table):
            name = str(file.relative_to(version))
            entry = known.get(name)
            if entry and entry["stamp"] == stamp(file):
                digests[name] = entry["sha256"]
                continue
            with file.open("rb") as content:
                digests[name] = hashlib.file_digest(content, "sha256").hexdigest()
    return digests


def fingerprint(digests: Mapping[str, str]) -> str:
    """Return digits of all tables, names included.

    The same rows give the same digits, whenever they were imported.
    """
    named = "".join(f"{name} {digest}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(named.encode()).hexdigest()
